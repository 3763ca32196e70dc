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

interface Held {
  readonly fence: number
  /** Monotonic: not valid after this, whatever the database says. */
  validUntil: number
}

/**
 * The leases `guest:<machine id>` of this instance, taken and renewed in batches.
 * INVARIANT: what `held` returns may be used now; a lease that was not renewed in time is lost here before it ends there.
 */
export class LinkLeases {
  readonly #database: Database
  readonly #owner: string
  readonly #logger: Logger
  readonly #lost: (machineId: string) => void
  readonly #elapsed: () => number
  readonly #held = new Map<string, Held>()
  #renewing: Promise<void> | null = null
  #renewAt = 0

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

  /** The fence of a lease that is ours now; null when it is not. */
  fence(machineId: string): number | null {
    const held = this.#held.get(machineId)
    return held && held.validUntil > this.#elapsed() ? held.fence : null
  }

  /** Takes those that are free; `steal` also those whose owner serves nobody there. Returns the machine ids that are ours. */
  async acquire(machineIds: readonly string[], steal = false): Promise<string[]> {
    const asked = this.#elapsed()
    const some = machineIds.slice(0, batchSize)
    const rows = await leaseStore.acquire(this.#database, { ids: some, owner: this.#owner, ms: leaseMs, steal })
    for (const { machine_id, fence } of rows)
      this.#held.set(machine_id, { fence, validUntil: asked + leaseMs - marginMs })
    return rows.map(({ machine_id }) => machine_id)
  }

  /** About once a second: gives up what has run out, renews what is due. */
  sweep(): void {
    const now = this.#elapsed()
    for (const [machineId, held] of this.#held) if (held.validUntil <= now) this.#lose(machineId)
    if (now < this.#renewAt || this.#renewing) return
    this.#renewAt = now + renewMs
    this.#renewing = this.#renew()
      .catch((error: unknown) => {
        this.#renewAt = 0
        this.#logger.warn({ err: error }, 'Leases of agents’ links could not be renewed; tried again')
      })
      .finally(() => (this.#renewing = null))
  }

  /** Lets others take them at once. */
  async release(machineIds: readonly string[]): Promise<void> {
    const ours = machineIds.filter((id) => this.#held.delete(id))
    if (ours.length > 0) await leaseStore.release(this.#database, ours, this.#owner)
  }

  async releaseAll(): Promise<void> {
    await this.#renewing
    await this.release([...this.#held.keys()])
  }

  async #renew(): Promise<void> {
    const ids = [...this.#held.keys()]
    for (let from = 0; from < ids.length; from += batchSize) {
      const some = ids.slice(from, from + batchSize)
      const asked = this.#elapsed()
      const renewed = new Map(
        (await leaseStore.renew(this.#database, some, this.#owner, leaseMs)).map((row) => [row.machine_id, row.fence]),
      )
      for (const id of some) {
        const held = this.#held.get(id)
        if (held && renewed.get(id) === held.fence) held.validUntil = asked + leaseMs - marginMs
        else if (held) this.#lose(id)
      }
    }
  }

  #lose(machineId: string): void {
    if (this.#held.delete(machineId)) this.#lost(machineId)
  }
}
