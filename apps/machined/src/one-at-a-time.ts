/** Makes a runner that does what it is given one after the other, in order; each caller gets its own outcome. */
export function makeOneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined) // the caller sees the failure; the next in turn must not
    return done
  }
}
