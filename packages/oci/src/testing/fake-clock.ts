import type { RetryClock } from '../registry/retry-policy.ts'

/** A clock that moves only when somebody waits, and moves at once; `random` 1 waits for as long as the backoff allows. */
export function makeFakeClock(
  random = 0.999999,
  onWait: (now: number) => void | Promise<void> = () => undefined,
): RetryClock & { readonly waits: number[] } {
  let now = 1000
  const waits: number[] = []
  return {
    waits,
    now: () => now,
    random: () => random,
    async wait(ms, signal) {
      signal.throwIfAborted()
      waits.push(ms)
      now += ms
      await onWait(now - 1000)
    },
  }
}
