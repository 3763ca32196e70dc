import { maxQueuedBytes, type WriteOutcome } from './agent-link.ts'

/** Pauses between tries of a full device: soon while it drains (0.7 MB at a time), seldom when the host does not read. */
const firstRetryMs = 4
const longestRetryMs = 50

/**
 * Bytes on their way into a device that takes a part, or nothing for now. `tryWrite` returns how many it took and throws
 * when the device is lost; the queue tries again by itself until it is empty.
 */
export class WriteQueue {
  readonly #tryWrite: (bytes: Uint8Array) => number
  readonly #onDrain: () => void
  readonly #onFailed: (error: unknown) => void
  #pieces: Uint8Array[] = []
  #bytes = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #waitMs = firstRetryMs

  constructor(options: {
    tryWrite: (bytes: Uint8Array) => number
    onDrain: () => void
    onFailed: (error: unknown) => void
  }) {
    this.#tryWrite = options.tryWrite
    this.#onDrain = options.onDrain
    this.#onFailed = options.onFailed
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes all of it or nothing. */
  write(bytes: Uint8Array): WriteOutcome {
    if (this.#bytes > 0 && this.#bytes + bytes.length > maxQueuedBytes) return 'refused'
    this.#pieces.push(bytes)
    this.#bytes += bytes.length
    if (this.#pieces.length === 1) this.#push()
    return this.#bytes === 0 ? 'written' : 'queued'
  }

  /** Forgets everything: the host is gone, and the next one begins with an empty stream. */
  clear(): void {
    this.#pieces = []
    this.#bytes = 0
    this.#waitMs = firstRetryMs
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #push(): void {
    const before = this.#bytes
    try {
      while (this.#pushFirst()) {
        // until the device takes no more
      }
    } catch (error) {
      // Not from inside the caller's write: the loss of the link changes the state that it is in the middle of.
      this.#timer = setTimeout(() => this.#onFailed(error), 0)
      return
    }
    if (this.#bytes === 0) return
    this.#waitMs = this.#bytes < before ? firstRetryMs : Math.min(longestRetryMs, this.#waitMs * 2)
    this.#timer = setTimeout(() => this.#again(), this.#waitMs)
  }

  #again(): void {
    this.#timer = null
    this.#push()
    if (this.#bytes === 0) this.#onDrain()
  }

  /** True: the first piece went out whole, and there is another. */
  #pushFirst(): boolean {
    const first = this.#pieces[0]
    if (!first) return false
    const taken = this.#tryWrite(first)
    this.#bytes -= taken
    if (taken < first.length) {
      this.#pieces[0] = first.subarray(taken)
      return taken > 0 // a partial write: the rest at once, as the device asks for smaller pieces
    }
    this.#pieces.shift()
    return this.#pieces.length > 0
  }
}
