import { delay } from '@slipway/base'

/** Time as a simulated machine sees it; tests give their own so that nothing waits. */
export interface SimulatedClock {
  now(): number
  delay(ms: number, signal: AbortSignal): Promise<void>
}

export const realClock: SimulatedClock = { now: () => Date.now(), delay: (ms, signal) => delay(ms, signal) }
