import { delay, type Backoff } from '@slipway/base'

/** How failed tries are spaced and when they end. All times in milliseconds. */
export interface RetryPolicy extends Backoff {
  /** The last source is tried for at least so long after the first failure, however many tries that takes; default 0. */
  readonly lastsMs?: number
}

/** Time as retries see it; tests bring their own, so that none of them sleeps. */
export interface RetryClock {
  /** Monotonic. */
  now(): number
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** Uniform in 0..1, 1 excluded. */
  random(): number
}

export const systemClock: RetryClock = {
  now: () => performance.now(),
  wait: delay,
  random: Math.random,
}

/** The five tries of machines.md, "Images", for documents: somebody waits for the answer. */
export const documentRetry: RetryPolicy = { firstMs: 250, capMs: 8000, tries: 5 }

/**
 * For layers: the same five tries per source, but a registry that restarts or a cable that is pulled for half a minute
 * does not end an installation that has pulled for an hour. The end still comes within a minute.
 */
export const layerRetry: RetryPolicy = { firstMs: 1000, capMs: 30_000, tries: 5, lastsMs: 45_000 }
