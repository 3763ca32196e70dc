import { Fault } from '@slipway/base'

const maxFailures = 10
const windowMs = 60_000
/** Addresses remembered; an attacker with more than that has other ways. */
const maxAddresses = 10_000

/** Slows guessing down: after ten failures within a minute an address is refused until the minute is over. */
export class FailureLimit {
  readonly #failures = new Map<string, { count: number; until: number }>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Throws `too-many-requests`. */
  check(address: string): void {
    const entry = this.#failures.get(address)
    if (!entry || entry.until < this.#now() || entry.count < maxFailures) return
    const seconds = Math.ceil((entry.until - this.#now()) / 1000)
    throw new Fault('too-many-requests', `too many refused attempts from ${address}; try again in ${seconds} s`, {
      details: { retry_after_seconds: seconds },
    })
  }

  failed(address: string): void {
    const entry = this.#failures.get(address)
    if (entry && entry.until >= this.#now()) {
      entry.count += 1
      return
    }
    if (this.#failures.size >= maxAddresses) this.#failures.clear()
    this.#failures.set(address, { count: 1, until: this.#now() + windowMs })
  }
}
