import { Fault, isFault } from '@slipway/base'

/** How long work may go on after it was told to stop before it is left behind: a kill and a reap take no longer. */
const stopGraceMs = 15_000

/**
 * Runs work with a signal that also aborts at a deadline (`step-timeout`). Work that does not end after the signal is
 * left behind when the grace is over, so that one stuck command never holds the machine.
 */
export async function withDeadline<T>(
  input: { ms: number; what: string; signal: AbortSignal; graceMs?: number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  const late = () =>
    own.abort(new Fault('step-timeout', `${input.what} did not end within ${Math.round(input.ms / 1000)} s`))
  const timer = setTimeout(late, input.ms)
  const signal = AbortSignal.any([input.signal, own.signal])
  const left = leftBehind(signal, input.graceMs ?? stopGraceMs)
  try {
    return await Promise.race([work(signal), left.promise])
  } catch (error) {
    // At the deadline, a command that could not be ended says so in a step-timeout of its own: where it hangs.
    const saysMore = signal.reason === own.signal.reason && isFault(error, 'step-timeout')
    throw signal.aborted && !saysMore ? signal.reason : error
  } finally {
    clearTimeout(timer)
    left.stop()
  }
}

function leftBehind(signal: AbortSignal, graceMs: number): { promise: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined) // only the race above wants to know
  const start = () => {
    timer = setTimeout(() => reject(signal.reason), graceMs)
  }
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return {
    promise,
    stop() {
      signal.removeEventListener('abort', start)
      clearTimeout(timer)
    },
  }
}
