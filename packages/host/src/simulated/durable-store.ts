import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { cutOpenLayers } from './cut-open-layers.ts'
import type { SeededRandom } from './seeded-random.ts'
import { type DomainState, domainStateSchema } from './state.ts'

/**
 * The memory of a simulated machine: domains (one disk, one pool, the firmware), each written in order.
 * INVARIANTS
 * - A write is visible at once and lasting at the next flush, which writes the one JSON file.
 * - A power cut keeps, in each domain by itself, a prefix of the writes after the last flush, chosen by the seed; disks
 *   lie about order between each other but a file system or pool keeps its own.
 * - A process that dies without a power cut keeps what was flushed: the file is replaced as a whole.
 */
export class DurableStore {
  readonly #file: string
  #durable: Map<string, DomainState>
  #current: Map<string, DomainState>
  /** Writes after the last flush, oldest first; null is a domain removed. */
  #unflushed: { domain: string; value: DomainState | null }[] = []
  /** What is true of the simulation and not of the machine, such as faults that have struck; lasting at once. */
  #counters: Record<string, number>
  readonly #printed = new WeakMap<DomainState, string>()

  constructor(file: string, initial: Map<string, DomainState>) {
    this.#file = file
    const read = readState(file)
    this.#durable = read ? new Map(Object.entries(read.domains)) : initial
    this.#current = new Map(this.#durable)
    this.#counters = read ? { ...read.counters } : {}
    if (!read) this.#save()
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
    this.#durable = new Map(this.#current)
    this.#unflushed = []
    this.#save()
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
    this.#save()
  }

  /** Counts something that outlives power cuts and starts again at 0 only with a new state directory. */
  count(name: string): number {
    const next = (this.#counters[name] ?? 0) + 1
    this.#counters[name] = next
    this.#save()
    return next
  }

  counter(name: string): number {
    return this.#counters[name] ?? 0
  }

  #save(): void {
    const domains = [...this.#durable].map(([name, value]) => `${JSON.stringify(name)}:${this.#print(value)}`)
    const text = `{"version":1,"counters":${JSON.stringify(this.#counters)},"domains":{${domains.join(',')}}}\n`
    mkdirSync(dirname(this.#file), { recursive: true })
    // 0600: the first-boot token is in it. No fsync: the disks are models, and losing the whole host loses the lot.
    writeFileSync(`${this.#file}.new`, text, { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
  }

  #print(value: DomainState): string {
    const known = this.#printed.get(value)
    if (known !== undefined) return known
    const text = JSON.stringify(value)
    this.#printed.set(value, text)
    return text
  }
}

const fileSchema = z.object({
  version: z.literal(1),
  counters: z.record(z.string(), z.number()),
  domains: z.record(z.string(), domainStateSchema),
})

function readState(file: string): z.output<typeof fileSchema> | null {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new Error(`the simulated machine's state in ${file} cannot be read; delete it to start with new disks`, {
      cause: error,
    })
  }
}
