/**
 * Resolves at the first SIGTERM or SIGINT. To be called before anything starts, so that a signal that comes early is
 * not lost; `withinMs` after it the program ends whatever still hangs (every step is in the journal by then).
 */
export function stopAsked(withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      setTimeout(() => process.exit(0), withinMs)
      resolve()
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
}
