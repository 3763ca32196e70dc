import { DistributionError } from './distribution-error.ts'

export interface DownloadLimits {
  /** Over all clients: each holds an open file and some buffers. */
  readonly total: number
  /** For one address; a whole rack may be behind one (NAT). */
  readonly perAddress: number
}

const retry = { 'retry-after': '5' }

/** Counts the answers that are being sent. */
export class DownloadLimit {
  readonly #limits: DownloadLimits
  readonly #running = new Map<string, number>()
  #total = 0

  constructor(limits: DownloadLimits) {
    this.#limits = limits
  }

  /** Takes a place and returns what gives it back. Throws 503 when the server, 429 when the address has too many. */
  enter(address: string): () => void {
    const running = this.#running.get(address) ?? 0
    if (this.#total >= this.#limits.total) throw new DistributionError(503, 'Too many downloads; try again', retry)
    if (running >= this.#limits.perAddress)
      throw new DistributionError(429, 'Too many downloads from this address; try again', retry)
    this.#total += 1
    this.#running.set(address, running + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      this.#total -= 1
      const rest = (this.#running.get(address) ?? 1) - 1
      if (rest === 0) this.#running.delete(address)
      else this.#running.set(address, rest)
    }
  }
}
