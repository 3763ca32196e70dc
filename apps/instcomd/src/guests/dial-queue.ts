import { backoffDelay } from '@slipway/base'

/** Half a second at first, a quarter of a minute at most, with full jitter. */
const backoff = { firstMs: 500, capMs: 15_000, tries: Number.POSITIVE_INFINITY }

/** Connects under way at once: a restart with ten thousand guests must not be one burst. */
const mostAtOnce = 64

interface Dial {
  /** Failures since the last completed handshake. */
  attempt: number
  /** Monotonic; null while connecting or connected. */
  dueAt: number | null
}

/**
 * Whom to connect to, and when. The wait grows with every try until a handshake completes: a socket that takes connections
 * and says nothing is not asked more often than one that refuses.
 */
export class DialQueue {
  readonly #dial: (machineId: string) => void
  readonly #elapsed: () => number
  readonly #random: () => number
  readonly #dials = new Map<string, Dial>()
  #connecting = new Set<string>()

  constructor(options: { dial: (machineId: string) => void; elapsed?: () => number; random?: () => number }) {
    this.#dial = options.dial
    this.#elapsed = options.elapsed ?? (() => performance.now())
    this.#random = options.random ?? Math.random
  }

  has(machineId: string): boolean {
    return this.#dials.has(machineId)
  }

  /** A machine to be connected, at once. */
  add(machineId: string): void {
    if (!this.#dials.has(machineId)) this.#dials.set(machineId, { attempt: 0, dueAt: this.#elapsed() })
  }

  remove(machineId: string): void {
    this.#dials.delete(machineId)
    this.#connecting.delete(machineId)
  }

  /** The connect of `dial` succeeded; its place is free for the next. */
  connected(machineId: string): void {
    this.#connecting.delete(machineId)
  }

  /** Its handshake was completed. */
  reset(machineId: string): void {
    const dial = this.#dials.get(machineId)
    if (dial) dial.attempt = 0
  }

  /** The connection failed or ended: it is tried again later. Returns after how many milliseconds; null when it was removed. */
  ended(machineId: string): number | null {
    this.#connecting.delete(machineId)
    const dial = this.#dials.get(machineId)
    if (!dial) return null
    dial.attempt += 1
    const wait = backoffDelay(backoff, dial.attempt, this.#random)
    dial.dueAt = this.#elapsed() + wait
    return wait
  }

  /** A few times a second: starts what is due. */
  sweep(): void {
    const now = this.#elapsed()
    for (const [machineId, dial] of this.#dials) {
      if (this.#connecting.size >= mostAtOnce) return
      if (dial.dueAt === null || dial.dueAt > now) continue
      dial.dueAt = null
      this.#connecting.add(machineId)
      this.#dial(machineId)
    }
  }
}
