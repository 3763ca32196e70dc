/** Replies to bad messages that may follow each other at once, and how fast they come back. */
const burst = 20
const perSecond = 1

/**
 * Keeps two ends that refuse each other's every line (two different secrets) from answering error with error for ever.
 * What was not answered is counted and told with the next reply.
 */
export class ReplyLimit {
  #left = burst
  #at = 0
  #suppressed = 0

  /** Null: stay silent this time. Else the number of replies left out since the last one. */
  take(elapsed: number): number | null {
    this.#left = Math.min(burst, this.#left + ((elapsed - this.#at) / 1000) * perSecond)
    this.#at = elapsed
    if (this.#left < 1) {
      this.#suppressed += 1
      return null
    }
    this.#left -= 1
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }
}
