import type { Logger } from '@slipway/base'
import type { Database } from '../database/database.ts'
import { leaseStore } from './lease-store.ts'

/** Length of a lease: what a takeover waits at most. Renewed at a third, given up before it ends elsewhere. */
export const leaseMs = 15_000
const renewMs = leaseMs / 3
/** Clocks and queues of two programs differ; ours ends the right this much earlier. */
const marginMs = 2000
/** Names in one statement. */
const batchSize = 2000

/**
 * The leases `guest:<machine id>` of this instance. One heartbeat row renews all of them, so that the renewal keeps its time
 * however many there are; a look at their sum tells when another instance took one.
 * INVARIANT: what `fence` returns may be used now; a heartbeat that did not get through in time is the end of all here before
 * it is there.
 */
export class LinkLeases {
  readonly #database: Database
  readonly #owner: string
  readonly #logger: Logger
  readonly #lost: (machineId: string) => void
  readonly #elapsed: () => number
  /** Fences by machine id. */
  readonly #held = new Map<string, number>()
  /** Monotonic: nothing is ours after this, whatever the database says. */
  #validUntil = Number.NEGATIVE_INFINITY
  #epoch = 0
  #beating: Promise<void> | null = null
  #beatAt = 0

  constructor(options: {
    database: Database
    owner: string
    logger: Logger
    lost: (machineId: string) => void
    elapsed?: () => number
  }) {
    this.#database = options.database
    this.#owner = options.owner
    this.#logger = options.logger
    this.#lost = options.lost
    this.#elapsed = options.elapsed ?? (() => performance.now())
  }

  /** Forgets what an earlier life of this instance held, and begins to hold. */
  async start(): Promise<void> {
    await leaseStore.releaseAll(this.#database, this.#owner)
    await this.#beat()
  }

  /** The fence of a lease that is ours now; null when it is not. */
  fence(machineId: string): number | null {
    return this.#validUntil > this.#elapsed() ? (this.#held.get(machineId) ?? null) : null
  }

  /** Takes those that are free; `steal` also those whose holder serves nobody there. Returns the machine ids that are ours. */
  async acquire(machineIds: readonly string[], steal = false): Promise<string[]> {
    if (this.#validUntil <= this.#elapsed()) return []
    const epoch = this.#epoch
    const ids = machineIds.slice(0, batchSize)
    const rows = await leaseStore.acquire(this.#database, { ids, owner: this.#owner, steal })
    if (epoch !== this.#epoch) return []
    for (const { machine_id, fence } of rows) this.#held.set(machine_id, fence)
    return rows.map(({ machine_id }) => machine_id)
  }

  /** About once a second: gives up what has run out, renews when it is due. */
  sweep(): void {
    const now = this.#elapsed()
    if (this.#validUntil <= now) this.#loseAll()
    if (now < this.#beatAt || this.#beating) return
    this.#beatAt = now + renewMs
    this.#beating = this.#renew()
      .catch((error: unknown) => {
        this.#beatAt = 0
        this.#logger.warn({ err: error }, 'The leases of agents’ links could not be renewed; tried again')
      })
      .finally(() => (this.#beating = null))
  }

  /** The database says that a lease is another's. */
  forget(machineId: string): void {
    if (this.#held.delete(machineId)) this.#lost(machineId)
  }

  /** Lets others take one at once. */
  async release(machineId: string): Promise<void> {
    const fence = this.#held.get(machineId)
    if (fence === undefined) return
    this.#held.delete(machineId)
    await leaseStore.release(this.#database, [{ machine_id: machineId, fence }], this.#owner)
  }

  async releaseAll(): Promise<void> {
    await this.#beating
    this.#held.clear()
    await leaseStore.releaseAll(this.#database, this.#owner)
  }

  async #renew(): Promise<void> {
    await this.#beat()
    await this.#compare()
  }

  async #beat(): Promise<void> {
    const asked = this.#elapsed()
    const epoch = await leaseStore.beat(this.#database, this.#owner, leaseMs)
    if (epoch !== this.#epoch) this.#loseAll()
    this.#epoch = epoch
    this.#validUntil = asked + leaseMs - marginMs
  }

  /** Equal sums: nothing was taken. Unequal ones may also come of a lease that is being taken right now, which loses nothing. */
  async #compare(): Promise<void> {
    const before = new Map(this.#held)
    const { count, fences } = await leaseStore.sums(this.#database, this.#owner)
    if (count === before.size && fences === sum(before.values())) return
    const ours = new Map((await leaseStore.all(this.#database, this.#owner)).map((row) => [row.machine_id, row.fence]))
    // Only what was held unchanged since before the question can be said to be lost.
    for (const [machineId, fence] of before)
      if (this.#held.get(machineId) === fence && ours.get(machineId) !== fence) this.forget(machineId)
  }

  #loseAll(): void {
    for (const machineId of this.#held.keys()) this.forget(machineId)
  }
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
