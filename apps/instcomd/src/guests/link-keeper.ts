import type { AppContext } from '../app-context.ts'
import { connectSocket } from './connect-socket.ts'
import { DialQueue } from './dial-queue.ts'
import { GuestLink } from './guest-link.ts'
import { guestStore, type LinkFacts } from './guest-store.ts'
import type { GuestIdentity } from './line-gate.ts'
import type { LinkLeases } from './link-leases.ts'
import type { LinkTransport } from './link-transport.ts'
import type { Links } from './links.ts'
import { openSecrets } from './guest-secrets.ts'
import { sessionStore } from './session-store.ts'
import { SocketFolder, type FoundSockets } from './socket-folder.ts'

/** PostgreSQL channel: a guest's row was changed, or one was adopted; the payload is its machine id. A hint only. */
export const guestsChannel = 'slipway_guests'

const unadopted =
  'no machine has this id; adopt the guest (POST /api/machines {"kind":"virtual","id":…,"name":…}) or remove its socket'
/** A guest that is connected and says nothing for so long has no agent. */
const noAgentMs = 5000
const noAgent = 'no agent answered on the socket: is infiniservice installed and running in the guest?'
/** Machines whose lease is asked for in one go. */
const acquireAtOnce = 2000
/** Unknown sockets that are written down. */
const mostOdd = 10_000

interface OpenSocket {
  readonly close: (reason: string) => void
  link: GuestLink | null
  /** The problem that was written last. */
  noted: string | null
}

/** Keeps a link to every adopted guest's socket whose lease this instance gets. */
export class LinkKeeper {
  readonly #context: AppContext
  readonly #links: Links
  readonly #leases: LinkLeases
  readonly #folder: SocketFolder
  readonly #dials: DialQueue
  readonly #sockets = new Map<string, OpenSocket>()
  readonly #identities = new Map<string, GuestIdentity>()
  /** Adopted machines with a socket. */
  #wanted = new Set<string>()
  #odd = ''
  #problems = new Map<string, string>()
  #looking: Promise<void> | null = null
  #lookAgain = false
  #ticking: Promise<void> | null = null
  #stopped = false

  constructor(context: AppContext, links: Links, leases: LinkLeases) {
    this.#context = context
    this.#links = links
    this.#leases = leases
    this.#folder = new SocketFolder(context.configuration.guests.socket_dir, context.logger)
    this.#dials = new DialQueue({ dial: (machineId) => this.#dial(machineId) })
    links.onLinked(async ({ machineId, protocol }) => {
      this.#dials.reset(machineId)
      const identity = this.#identities.get(machineId)
      if (identity && protocol === 2) this.#identities.set(machineId, { ...identity, latched: true })
    })
  }

  start(): void {
    this.#folder.start(() => this.look())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#folder.stop()
    await Promise.all([this.#looking, this.#ticking])
    for (const [machineId, socket] of this.#sockets) {
      this.#dials.remove(machineId)
      socket.close('the server stops')
    }
    // Each tells of its end in a later turn; then its session's end can be written.
    while (this.#sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }

  /** The folder, or which machines there are, may have changed. */
  look(): void {
    this.#lookAgain = true
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
  }

  /** A few times a second. */
  sweep(): void {
    if (!this.#stopped) this.#dials.sweep()
  }

  /** About once a second: leases, and why links without a session have none. */
  tick(): void {
    if (this.#stopped) return
    this.#ticking ??= this.#tick()
      .catch((error: unknown) => this.#context.logger.debug({ err: error }, 'Agents’ links were not looked after'))
      .finally(() => (this.#ticking = null))
  }

  /** The lease is not ours any more: the link ends at once. */
  lost(machineId: string): void {
    this.#dials.remove(machineId)
    this.#sockets.get(machineId)?.close('another server holds this machine’s link now')
    this.#links.closeAll(machineId, 'another server holds this machine’s link now')
  }

  /** What the database says of guests now; for those with a link it takes effect at once. */
  async refresh(machineIds: readonly string[]): Promise<void> {
    const facts = await guestStore.facts(this.#context.database, machineIds)
    for (const row of facts) this.#identities.set(row.machine_id, this.#identityOf(row))
    const changed = new Set(facts.map(({ machine_id }) => machine_id))
    for (const link of this.#links.openLinks()) {
      const identity = changed.has(link.machineId) ? this.#identities.get(link.machineId) : undefined
      if (identity) link.changeIdentity(identity)
    }
  }

  identityOf(machineId: string): GuestIdentity | null {
    return this.#identities.get(machineId) ?? null
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.#stopped) {
      this.#lookAgain = false
      const found = await this.#folder.look()
      if (found) await this.#sort(found).catch((error: unknown) => this.#again(error))
    }
  }

  #again(error: unknown): void {
    this.#context.logger.debug({ err: error }, 'Sockets of guests were not looked up; the next look tries again')
  }

  async #sort(found: FoundSockets): Promise<void> {
    for (const machineId of this.#wanted) if (!found.ids.has(machineId)) this.#vanished(machineId)
    const fresh = [...found.ids].filter((id) => !this.#wanted.has(id))
    const known = new Set(fresh.length === 0 ? [] : await guestStore.known(this.#context.database, fresh))
    for (const id of known) this.#wanted.add(id)
    const odd = new Map(found.odd)
    for (const id of fresh) if (!known.has(id)) odd.set(id, unadopted)
    await this.#writeOdd(new Map([...odd].slice(0, mostOdd)))
    if (known.size > 0) this.tick()
  }

  async #writeOdd(odd: ReadonlyMap<string, string>): Promise<void> {
    const text = JSON.stringify([...odd])
    if (text === this.#odd) return
    const { database, instanceId } = this.#context
    await database.transaction((tx) => guestStore.writeUnadopted(tx, instanceId, odd))
    this.#odd = text
  }

  #vanished(machineId: string): void {
    this.#wanted.delete(machineId)
    this.#dials.remove(machineId)
    this.#problems.set(machineId, 'its socket is gone: the virtual machine was stopped or removed')
    const socket = this.#sockets.get(machineId)
    if (socket) socket.close('its socket is gone: the virtual machine was stopped or removed')
    else this.#release(machineId)
  }

  /** Gives a lease back that nothing here needs any more. */
  releaseUnused(machineId: string): void {
    if (!this.#wanted.has(machineId) && !this.#sockets.has(machineId)) this.#release(machineId)
  }

  #release(machineId: string): void {
    for (const link of this.#links.openLinks()) if (link.machineId === machineId) return
    this.#identities.delete(machineId)
    this.#leases.release(machineId).catch((error: unknown) => this.#again(error)) // it runs out by itself
  }

  async #tick(): Promise<void> {
    await this.#acquire()
    this.#noteSilent()
    await this.#writeProblems()
  }

  async #acquire(): Promise<void> {
    const missing: string[] = []
    for (const id of this.#wanted) {
      if (missing.length < acquireAtOnce && this.#leases.fence(id) === null && !this.#sockets.has(id)) missing.push(id)
    }
    if (missing.length === 0) return
    const ours = await this.#leases.acquire(missing)
    if (ours.length === 0) return
    await sessionStore.ensure(this.#context.database, ours)
    await this.refresh(ours)
    for (const id of ours) if (this.#wanted.has(id) && !this.#stopped) this.#dials.add(id)
    this.sweep()
  }

  #noteSilent(): void {
    const now = this.#links.elapsed()
    for (const [machineId, socket] of this.#sockets) {
      const { link } = socket
      if (!link || this.#links.find(machineId)) socket.noted = null
      else if (link.complaint !== null || now - link.openedAt >= noAgentMs) {
        const problem = link.complaint ?? noAgent
        if (problem !== socket.noted) this.#problems.set(machineId, problem)
        socket.noted = problem
      }
    }
  }

  async #writeProblems(): Promise<void> {
    if (this.#problems.size === 0) return
    const problems = this.#problems
    this.#problems = new Map()
    await sessionStore.writeProblems(this.#context.database, problems)
  }

  #identityOf(facts: LinkFacts): GuestIdentity {
    return {
      secrets: openSecrets(this.#context.secrets, facts.machine_id, facts.secrets_sealed),
      latched: facts.latched,
      metricsIntervalS: facts.metrics_interval_s,
    }
  }

  #dial(machineId: string): void {
    const path = this.#folder.socketPath(machineId)
    const identity = this.#identities.get(machineId)
    if (path === null || !identity || this.#leases.fence(machineId) === null) {
      if (path === null)
        this.#problems.set(machineId, 'the path of its socket is too long; choose a shorter folder or id')
      this.#dials.ended(machineId)
      return
    }
    const socket = connectSocket(path, {
      onOpen: (transport) => this.#opened(machineId, transport, identity),
      onBytes: (bytes) => this.#sockets.get(machineId)?.link?.receive(bytes),
      onDrain: () => this.#sockets.get(machineId)?.link?.drained(),
      onClosed: (reason) => this.#closed(machineId, reason),
    })
    this.#sockets.set(machineId, { close: socket.close, link: null, noted: null })
  }

  #opened(machineId: string, transport: LinkTransport, identity: GuestIdentity): void {
    this.#dials.connected(machineId)
    const socket = this.#sockets.get(machineId)
    if (!socket) return
    socket.link = new GuestLink({ machineId, transport, owner: this.#links, identity })
    this.#links.add(socket.link)
  }

  #closed(machineId: string, reason: string): void {
    const link = this.#sockets.get(machineId)?.link
    this.#sockets.delete(machineId)
    if (link) {
      this.#links.remove(link)
      link.closed(reason)
    }
    if (!this.#wanted.has(machineId)) return this.#release(machineId)
    if (!this.#links.link(machineId)) this.#problems.set(machineId, reason)
    if (this.#leases.fence(machineId) === null) this.#dials.remove(machineId)
    else this.#dials.ended(machineId)
  }
}
