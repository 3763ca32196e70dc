/** Memory for askers; an attacker who makes up addresses fills it and gets no more answers until it empties. */
const maxAskers = 4096
const secondMs = 1000

/** Most answers of one machine in a second to everybody together. */
const globalPerSecond = 50
const perAddress = 5

/**
 * The limits of machines.md for one machine: at most one answer a second for each asking address and port, five a
 * second for each address, and a global cap, so that a forged asker cannot be flooded. `now` is monotonic, in ms.
 */
export class AnswerLimit {
  readonly #askers = new Map<string, number>()
  readonly #addresses = new Map<string, number[]>()
  #recent: number[] = []

  /** Counts an answer and says whether it may be sent. */
  admit(asker: { address: string; port: number }, now: number): boolean {
    this.#forget(now)
    const key = `${asker.address} ${asker.port}`
    const ofAddress = this.#addresses.get(asker.address) ?? []
    if (this.#askers.has(key) || ofAddress.length >= perAddress) return false
    if (this.#recent.length >= globalPerSecond || this.#askers.size >= maxAskers) return false
    this.#askers.set(key, now)
    this.#addresses.set(asker.address, [...ofAddress, now])
    this.#recent.push(now)
    return true
  }

  /** Everything older than a second; both maps are in order of time, so the walk ends at the first young one. */
  #forget(now: number): void {
    const isOld = (time: number) => now - time >= secondMs
    for (const [key, time] of this.#askers) {
      if (!isOld(time)) break
      this.#askers.delete(key)
    }
    this.#recent = this.#recent.filter((time) => !isOld(time))
    for (const [address, times] of this.#addresses) {
      const young = times.filter((time) => !isOld(time))
      if (young.length === 0) this.#addresses.delete(address)
      else this.#addresses.set(address, young)
    }
  }
}
