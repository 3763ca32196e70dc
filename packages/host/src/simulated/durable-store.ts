import { cutOpenLayers } from './cut-open-layers.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { DomainState } from './state.ts'
import { StateFile } from './state-file.ts'

/** A log longer than this is written anew at the next start. */
const longLogBytes = 2 ** 20

/**
 * The memory of a simulated machine: domains (one disk, one pool, the firmware), each written in order.
 * INVARIANTS
 * - A write is visible at once and lasting at the next flush, which appends it to the one file.
 * - A power cut keeps, in each domain by itself, a prefix of the writes after the last flush, chosen by the seed: disks
 *   keep no order between each other, but a file system or pool keeps its own.
 * - A process that dies without a power cut keeps what was flushed.
 */
export class DurableStore {
  readonly #file: StateFile
  #durable: Map<string, DomainState>
  #current: Map<string, DomainState>
  /** Writes after the last flush, oldest first; null is a domain removed. */
  #unflushed: { domain: string; value: DomainState | null }[] = []
  /** What is true of the simulation and not of the machine, such as faults that have struck; lasting at once. */
  readonly #counters: Record<string, number>

  constructor(path: string, initial: Map<string, DomainState>) {
    this.#file = new StateFile(path)
    const read = this.#file.read()
    this.#durable = read?.domains ?? initial
    this.#counters = read?.counters ?? {}
    this.#current = new Map(this.#durable)
    this.#file.rewrite(this.#counters, this.#durable)
  }

  get(domain: string): DomainState | undefined {
    return this.#current.get(domain)
  }

  domains(): IterableIterator<[string, DomainState]> {
    return this.#current.entries()
  }

  write(domain: string, value: DomainState | null): void {
    if (value === null) this.#current.delete(domain)
    else this.#current.set(domain, value)
    this.#unflushed.push({ domain, value })
  }

  flush(): void {
    if (this.#unflushed.length === 0) return
    const changes = new Map(this.#unflushed.map(({ domain, value }) => [domain, value]))
    this.#durable = new Map(this.#current)
    this.#unflushed = []
    this.#file.append(this.#counters, changes)
  }

  /** Loses what the seed says of the writes after the last flush. */
  powerCut(random: SeededRandom): void {
    const byDomain = Map.groupBy(this.#unflushed, (write) => write.domain)
    for (const [domain, writes] of [...byDomain].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const kept = Math.floor(random() * (writes.length + 1))
      const last = writes[kept - 1]
      if (last?.value) this.#durable.set(domain, last.value)
      else if (last) this.#durable.delete(domain)
    }
    for (const [domain, value] of this.#durable) this.#durable.set(domain, cutOpenLayers(value, random))
    this.#current = new Map(this.#durable)
    this.#unflushed = []
    this.#file.rewrite(this.#counters, this.#durable)
  }

  /** Shortens the file when it has grown; for moments when nobody waits. */
  compact(): void {
    if (this.#file.bytes > longLogBytes) this.#file.rewrite(this.#counters, this.#durable)
  }

  /** Counts something that outlives power cuts and starts again at 0 only with a new state directory. */
  count(name: string): number {
    const next = (this.#counters[name] ?? 0) + 1
    this.#counters[name] = next
    this.#file.append(this.#counters, new Map())
    return next
  }

  counter(name: string): number {
    return this.#counters[name] ?? 0
  }
}
