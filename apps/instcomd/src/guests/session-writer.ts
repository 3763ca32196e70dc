import { isFault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { NewEvent } from '../events/append-event.ts'
import type { GuestLink, LinkSession } from './guest-link.ts'
import { leaseStore } from './lease-store.ts'
import type { LinkLeases } from './link-leases.ts'
import { sessionStore, type SessionRow } from './session-store.ts'

/** Sessions in one transaction: after a restart thousands of guests shake hands at once. */
const batchSize = 500

interface Begin {
  readonly row: SessionRow
  readonly done: (begun: boolean) => void
  readonly failed: (error: unknown) => void
}

interface End {
  readonly machine_id: string
  readonly session: string
  readonly problem: string
  readonly silent_ms: number
}

/**
 * Writes which sessions begin and end, in batches and in order.
 * INVARIANT: a session begins only while the lease of its link is ours (`leases.idle` is the row that a stealer locks too).
 */
export class SessionWriter {
  readonly #context: AppContext
  readonly #leases: () => LinkLeases
  #begins: Begin[] = []
  #ends: End[] = []
  #running: Promise<void> | null = null
  #stopping = false

  constructor(context: AppContext, leases: () => LinkLeases) {
    this.#context = context
    this.#leases = leases
  }

  /** Resolves when the session is known to all; false when the lease is not ours. Throws when the database is away. */
  begin(link: GuestLink, session: LinkSession, secret: string | null): Promise<boolean> {
    const fence = this.#leases().fence(link.machineId)
    if (fence === null) return Promise.resolve(false)
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    this.#begins.push({ row: sessionRow(link, session, fence, secret), done: resolve, failed: reject })
    this.#kick()
    return promise
  }

  end(link: GuestLink, session: LinkSession, problem: string): void {
    if (this.#stopping) return
    const silent_ms = link.heardAt === null ? 0 : performance.now() - link.heardAt
    const { machineId: machine_id } = link
    this.#ends.push({ machine_id, session: session.session, problem, silent_ms })
    this.#kick()
  }

  /** This instance gives its links up on purpose: no machine is off-line for it, and ends are written all at once. */
  stop(): void {
    this.#stopping = true
  }

  async settled(): Promise<void> {
    while (this.#running) await this.#running
    const { database, instanceId } = this.#context
    if (this.#stopping) await sessionStore.endAll(database, instanceId)
  }

  #kick(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#begins.length + this.#ends.length > 0) this.#kick()
    })
  }

  async #run(): Promise<void> {
    // What comes in the same turn goes into the same transaction.
    await new Promise((resolve) => setImmediate(resolve))
    const ends = this.#ends.splice(0, batchSize)
    // An end still queued belongs to a session older than any begin that is queued behind it, for links are serial.
    const begins = this.#begins.splice(0, batchSize)
    try {
      const ours = await this.#context.database.transaction((tx) => this.#write(tx, ends, begins))
      for (const { row, done } of begins) {
        if (!ours.has(row.machine_id)) this.#leases().forget(row.machine_id)
        done(ours.has(row.machine_id))
      }
    } catch (error) {
      for (const { failed } of begins) failed(error)
      if (ends.length > 0) this.#retryEnds(ends, error)
    }
  }

  async #write(tx: Transaction, ends: readonly End[], begins: readonly Begin[]): Promise<Set<string>> {
    if (ends.length > 0) await this.#writeEnds(tx, ends)
    if (begins.length === 0) return new Set()
    const { instanceId } = this.#context
    const rows = new Map(begins.map(({ row }) => [row.machine_id, row]))
    const ours = new Set(await leaseStore.occupy(tx, [...rows.values()], instanceId))
    const begun = [...rows.values()].filter(({ machine_id }) => ours.has(machine_id))
    if (begun.length === 0) return ours
    const ids = begun.map(({ machine_id }) => machine_id)
    await sessionStore.begin(tx, begun, instanceId)
    await sessionStore.spendTokens(tx, ids)
    const managed = await sessionStore.markManaged(tx, ids)
    await this.#context.appendEvent(tx, [...begun.map(connected), ...managed.map(nowManaged)])
    return ours
  }

  async #writeEnds(tx: Transaction, ends: readonly End[]): Promise<void> {
    const ended = new Set(await sessionStore.end(tx, ends))
    const here = ends.filter(({ machine_id }) => ended.has(machine_id))
    const ids = here.map(({ machine_id }) => machine_id)
    await leaseStore.vacate(tx, ids, this.#context.instanceId)
    const offline = await sessionStore.markOffline(tx, ids)
    await this.#context.appendEvent(tx, [...here.map(disconnected), ...offline.map(nowOffline)])
  }

  /** A session that ended must not stay written as one that is there; later ones of the same machine are not touched by it. */
  #retryEnds(ends: readonly End[], error: unknown): void {
    if (this.#context.signal.aborted) return
    const level = isFault(error, 'database-unavailable') ? 'debug' : 'warn'
    this.#context.logger[level]({ err: error, count: ends.length }, 'Ends of agents’ sessions could not be written')
    setTimeout(() => {
      this.#ends.unshift(...ends)
      this.#kick()
    }, 1000).unref()
  }
}

function sessionRow(link: GuestLink, session: LinkSession, fence: number, secret: string | null): SessionRow {
  const { handshake } = session
  return {
    machine_id: link.machineId,
    session: session.session,
    fence,
    link: link.transport.kind,
    protocol: session.protocol,
    signed: secret !== null,
    agent_version: handshake?.version ?? null,
    platform: session.platform,
    arch: handshake?.arch ?? null,
    boot_id: handshake?.boot_id ?? null,
    capabilities: handshake?.capabilities ?? [],
  }
}

function connected({ machine_id, link, protocol, agent_version, platform }: SessionRow): NewEvent {
  const data = { machine_id, link, protocol, agent_version, platform }
  return { type: 'guests.connected', data, actor: `slipway:agent/${machine_id}` }
}

function disconnected({ machine_id, problem }: End): NewEvent {
  return { type: 'guests.disconnected', data: { machine_id, problem }, actor: 'instcomd' }
}

function nowManaged(machine_id: string): NewEvent {
  return { type: 'machines.updated', data: { machine_id, status: 'managed' }, actor: 'instcomd' }
}

function nowOffline(machine_id: string): NewEvent {
  return { type: 'machines.offline', data: { machine_id }, actor: 'instcomd' }
}
