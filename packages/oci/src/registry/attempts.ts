import { backoffDelay, Fault, toFault, type Logger } from '@slipway/base'
import type { RetryClock, RetryPolicy } from './retry-policy.ts'
import type { Source } from './source.ts'

/** One failed try, as told to `onRetry`, the log, and `details.tried` of the final fault. */
export interface RetryEvent {
  readonly source: string
  /** 1 is the first try at this source. */
  readonly attempt: number
  /** How long until the next try; null when the next source comes, or none. */
  readonly delay_ms: number | null
  readonly code: string
  readonly message: string
}

/** How failures are counted and told. */
export interface AttemptPolicy {
  readonly retry: RetryPolicy
  readonly clock: RetryClock
  readonly logger: Logger
  readonly signal: AbortSignal
  onRetry?(event: RetryEvent): void
}

/**
 * Counts tries over the sources in their order: what a retry can help is tried `retry.tries` times at one source, everything
 * else goes to the next one at once. The last source is tried until `retry.lastsMs` have passed, too. The fault after the last source is the first source's (the registry knows best),
 * with every try in `details.tried`.
 */
export class Attempts {
  readonly tried: RetryEvent[] = []
  private index = 0
  private failures = 0
  /** Of the first failure since something was received; null when there was none. */
  private failingSince: number | null = null
  private first: Fault | null = null
  private readonly sources: readonly Source[]
  private readonly policy: AttemptPolicy

  constructor(sources: readonly Source[], policy: AttemptPolicy) {
    this.sources = sources
    this.policy = policy
  }

  get source(): Source {
    const source = this.sources[this.index]
    if (source === undefined) throw new Fault('internal', 'no source is left to try')
    return source
  }

  /** Progress was made, so the count at this source begins again. */
  progressed(): void {
    this.failures = 0
    this.failingSince = null
  }

  /** Notes a failure and waits for its turn; throws when no source is left or the signal aborted. */
  async failed(error: unknown): Promise<void> {
    const { policy } = this
    if (policy.signal.aborted) throw policy.signal.reason
    const fault = toFault(error)
    if (this.index === 0) this.first = fault
    this.failures += 1
    this.failingSince ??= policy.clock.now()
    const wait = this.waitFor(fault)
    this.tell(fault, wait)
    if (wait !== null) return policy.clock.wait(wait, policy.signal)
    this.index += 1
    this.failures = 0
    if (this.index >= this.sources.length) throw this.verdict(fault)
  }

  private waitFor(fault: Fault): number | null {
    const { retry, clock } = this.policy
    if (fault.code !== 'registry-unreachable') return null
    const left = this.timeLeft()
    if (this.failures >= retry.tries && left <= 0) return null
    const asked = Number(fault.details['retry_after_s'] ?? 0) * 1000
    const wait = Math.max(backoffDelay(retry, this.failures, clock.random), Math.min(asked, retry.capMs))
    if (this.failures < retry.tries) return wait
    // Short waits are for few tries; and the last try comes when the time is over, not a long wait later.
    return Math.min(Math.max(wait, retry.firstMs), left)
  }

  /** Whoever has another source to ask does not wait for this one. */
  private timeLeft(): number {
    const { retry, clock } = this.policy
    const isLast = this.index === this.sources.length - 1
    if (!isLast || this.failingSince === null) return 0
    return Math.ceil(this.failingSince + (retry.lastsMs ?? 0) - clock.now())
  }

  private tell(fault: Fault, wait: number | null): void {
    const event = {
      source: this.source.name,
      attempt: this.failures,
      delay_ms: wait,
      code: fault.code,
      message: fault.message,
    }
    this.tried.push(event)
    this.policy.logger.warn(event, `registry try failed: ${fault.message}`)
    this.policy.onRetry?.(event)
  }

  private verdict(last: Fault): Fault {
    const told = this.first ?? last
    const others = this.sources.length > 1 ? ` (and ${this.sources.length - 1} mirror(s) failed too)` : ''
    return new Fault(told.code, told.message + others, {
      cause: told.cause ?? told,
      details: { ...told.details, attempts: this.tried },
    })
  }
}

/** Runs one request at the sources until one gives a result. */
export async function trySources<T>(
  sources: readonly Source[],
  policy: AttemptPolicy,
  ask: (source: Source) => Promise<T>,
): Promise<T> {
  const attempts = new Attempts(sources, policy)
  for (;;) {
    try {
      return await ask(attempts.source)
    } catch (error) {
      await attempts.failed(error)
    }
  }
}
