/** setTimeout takes at most 2^31-1 ms (25 days) and fires at once beyond; a script may have a year. */
const longestMs = 2 ** 31 - 1

/** Calls `act` after `ms`, however long that is; returns how to give it up. */
export function startTimer(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    const step = Math.min(left, longestMs)
    timer = setTimeout(() => (left > step ? wait(left - step) : act()), step)
  }
  wait(ms)
  return () => clearTimeout(timer)
}
