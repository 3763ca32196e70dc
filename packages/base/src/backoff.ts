/** How a retry waits: exponential with full jitter, a cap and an end. All times in milliseconds. */
export interface Backoff {
  readonly firstMs: number
  readonly capMs: number
  readonly tries: number
}

/** The wait before try `attempt` (1 = first retry): uniform in 0..min(cap, first·2^(attempt-1)). */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(backoff.capMs, backoff.firstMs * 2 ** (attempt - 1))
  return Math.floor(random() * ceiling)
}

/** Waits, or rejects with the signal's reason as soon as it aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(done, ms)
    function done() {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    function stop() {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}
