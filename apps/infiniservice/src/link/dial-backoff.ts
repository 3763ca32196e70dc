/** What a link waits before it tries again: grows from `firstMs` to `capMs`, with half of it left to chance. */
export interface DialBackoff {
  readonly firstMs: number
  readonly capMs: number
}

/**
 * The wait before try `attempt` (1 = first). Not base's full jitter: that may be 0, and a device that is absent must not be
 * asked in a tight loop (agent.md: back off, never spin).
 */
export function dialDelay(backoff: DialBackoff, attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(ceiling / 2 + (random() * ceiling) / 2)
}
