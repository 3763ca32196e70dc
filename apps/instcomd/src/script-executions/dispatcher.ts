import type { HostOutgoing } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { GuestLinks, LinkedGuest } from '../guests/guest-links.ts'
import { acceptSeconds, claimStore, type ClaimTarget } from './claim-store.ts'
import type { ClaimedRow } from './execution-row.ts'
import { pendingMessages, pendingScript } from './pending-script.ts'

/** Machines of one claim: some hundred rows are locked for some milliseconds. */
const mostMachines = 500

interface Wish {
  /** The agent may get again what an older session got. */
  readonly again: boolean
  /** The agent asked: it gets an answer even when nothing is due. */
  readonly answer: boolean
}

/**
 * Sends what is due to the guests that are linked to this instance. A row is claimed in a committed transaction before it is
 * sent; what did not reach the link is given back.
 */
export class Dispatcher {
  readonly #context: AppContext
  readonly #links: GuestLinks
  readonly #onSent: (resendInMs: number) => void
  readonly #wishes = new Map<string, Wish>()
  /** By machine: what went out in the session that lasts. */
  readonly #sentNow = new Map<string, Set<string>>()
  #pushing: Promise<void> | null = null

  constructor(context: AppContext, links: GuestLinks, onSent: (resendInMs: number) => void) {
    this.#context = context
    this.#links = links
    this.#onSent = onSent
  }

  /** A session began: nothing was sent in it. */
  begin(machineId: string): void {
    this.#sentNow.delete(machineId)
  }

  /** Pushes soon; wishes of one moment share a claim. */
  push(machineIds: Iterable<string>, wish: Wish = { again: false, answer: false }): void {
    for (const id of machineIds) {
      const known = this.#wishes.get(id)
      this.#wishes.set(id, {
        again: wish.again || known?.again === true,
        answer: wish.answer || known?.answer === true,
      })
    }
    this.#pushing ??= this.#pushAll().finally(() => {
      this.#pushing = null
      if (this.#wishes.size > 0 && !this.#context.signal.aborted) this.push([])
    })
  }

  /** Resolves when nothing is being pushed. */
  async idle(): Promise<void> {
    while (this.#pushing) await this.#pushing
  }

  /** Claims what is due on those of the machines that are linked here; `deliver` the rows after the commit. */
  async claimIn(tx: Transaction, machineIds: readonly string[], again = false): Promise<ClaimedRow[]> {
    const targets = machineIds.flatMap((id) => {
      const guest = this.#links.find(id)
      return guest ? [targetOf(guest, again)] : []
    })
    if (targets.length === 0) return []
    await claimStore.lock(
      tx,
      targets.map(({ machineId }) => machineId),
    )
    const rows = await claimStore.claim(tx, targets, {
      owner: this.#context.instanceId,
      perMachine: this.#context.configuration.scripts.per_machine,
      sentNow: targets.flatMap(({ machineId }) => [...(this.#sentNow.get(machineId) ?? [])]),
    })
    return rows.toSorted((a, b) => a.order - b.order || +a.createdat - +b.createdat || a.position - b.position)
  }

  /** Sends claimed rows, and gives back those that the link did not take. */
  deliver(rows: readonly ClaimedRow[]): void {
    const unsent: ClaimedRow[] = []
    for (const [machineId, mine] of Map.groupBy(rows, ({ machineid }) => machineid))
      unsent.push(...this.#deliverTo(machineId, mine))
    if (rows.length > 0) this.#onSent(acceptSeconds * 1000)
    if (unsent.length > 0) void this.#release(unsent)
  }

  /** Tells the agent to kill what an operator cancelled. */
  async cancel(machineIds: Iterable<string>): Promise<void> {
    for (const machineId of machineIds) {
      if (!this.#links.find(machineId)) continue
      for (const { id, attempt } of await claimStore.toCancel(this.#context.database, machineId))
        this.#links.send(machineId, cancelMessage(id, attempt))
    }
  }

  async #pushAll(): Promise<void> {
    while (this.#wishes.size > 0) {
      const wishes = new Map([...this.#wishes].slice(0, mostMachines))
      for (const id of wishes.keys()) this.#wishes.delete(id)
      try {
        await this.#pushSome(wishes)
      } catch (error) {
        this.#context.logger.warn({ err: error }, 'Scripts that are due could not be claimed; tried again soon')
        this.#onSent(1000)
        return
      }
    }
  }

  async #pushSome(wishes: ReadonlyMap<string, Wish>): Promise<void> {
    const pick = (again: boolean) => [...wishes].filter(([, wish]) => wish.again === again).map(([id]) => id)
    for (const again of [true, false]) {
      const ids = pick(again)
      if (ids.length === 0) continue
      const rows = await this.#context.database.transaction((tx) => this.claimIn(tx, ids, again))
      this.deliver(rows)
      const served = new Set(rows.map(({ machineid }) => machineid))
      for (const id of ids)
        if (wishes.get(id)?.answer && !served.has(id))
          this.#links.send(id, { type: 'pending_scripts_response', scripts: [] })
    }
  }

  #deliverTo(machineId: string, rows: readonly ClaimedRow[]): ClaimedRow[] {
    const { secrets } = this.#context
    const sent = this.#sentNow.get(machineId) ?? new Set()
    this.#sentNow.set(machineId, sent)
    const failed = new Set<string>()
    const cancelled = rows.filter((row) => row.cancel_requested_at !== null)
    for (const row of cancelled) this.#links.send(machineId, cancelMessage(row.id, row.attempt))
    const wanted = rows.filter((row) => row.cancel_requested_at === null)
    for (const { message, ids } of pendingMessages(wanted.map((row) => pendingScript(secrets, row)))) {
      const outcome = failed.size > 0 ? 'full' : this.#links.send(machineId, message)
      for (const id of ids) (outcome === 'sent' ? sent : failed).add(id)
    }
    for (const row of wanted)
      this.#context.logger.debug({ machine_id: machineId, execution_id: row.id, attempt: row.attempt }, 'Script sent')
    return rows.filter(({ id }) => failed.has(id))
  }

  async #release(rows: readonly ClaimedRow[]): Promise<void> {
    try {
      await claimStore.release(this.#context.database, this.#context.instanceId, rows)
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'Scripts that could not be sent wait for their lease')
    }
  }
}

function targetOf({ machineId, platform, protocol }: LinkedGuest, again: boolean): ClaimTarget {
  return { machineId, platform, protocol, again }
}

function cancelMessage(execution_id: string, attempt: number): HostOutgoing {
  return { type: 'cancel_script', execution_id, attempt }
}
