/** At most four a second, so that a quick network does not drown the journal; at least one in five seconds. */
const shortestMs = 250
const longestMs = 5000

/** How far the running step is. */
export interface StepProgress {
  readonly bytes_done: number
  readonly bytes_total: number
  readonly bytes_from_wire: number
}

/**
 * Sends a step's progress in a bearable rhythm: new figures at most every 250 ms, and a sign of life at least every
 * five seconds even when nothing moved. The last figures always go out when it is stopped.
 */
export class ProgressMeter {
  readonly #send: (progress: StepProgress) => void
  readonly #heartbeat: NodeJS.Timeout
  #latest: StepProgress
  #isSent = true
  #sentAt: number
  #pending: NodeJS.Timeout | null = null

  constructor(first: StepProgress, send: (progress: StepProgress) => void, heartbeatMs = longestMs) {
    this.#latest = first
    this.#send = send
    this.#sentAt = performance.now()
    this.#heartbeat = setInterval(() => this.#flush(), heartbeatMs)
  }

  update(progress: StepProgress): void {
    this.#latest = progress
    this.#isSent = false
    if (this.#pending) return
    const wait = this.#sentAt + shortestMs - performance.now()
    if (wait <= 0) this.#flush()
    else this.#pending = setTimeout(() => this.#flush(), wait)
  }

  stop(): void {
    clearInterval(this.#heartbeat)
    if (!this.#isSent) this.#flush()
    this.#clearPending()
  }

  #flush(): void {
    this.#clearPending()
    this.#isSent = true
    this.#sentAt = performance.now()
    this.#send(this.#latest)
  }

  #clearPending(): void {
    if (this.#pending) clearTimeout(this.#pending)
    this.#pending = null
  }
}
