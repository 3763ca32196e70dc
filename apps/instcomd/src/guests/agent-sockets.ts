import { Fault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import { agentOf } from './agent-certificates.ts'
import { GuestLink } from './guest-link.ts'
import type { LinkKeeper } from './link-keeper.ts'
import type { LinkLeases } from './link-leases.ts'
import type { LinkTransport, TransportEvents } from './link-transport.ts'
import type { Links } from './links.ts'
import { sessionStore } from './session-store.ts'

/** What of a `ws` socket is used; its own types do not come with @fastify/websocket. */
export interface AgentSocket {
  readonly bufferedAmount: number
  send(text: string, done: (error?: Error) => void): void
  close(code: number, reason: string): void
  terminate(): void
  pause(): void
  resume(): void
  on(event: 'message', listener: (data: Buffer | ArrayBuffer | Buffer[]) => void): void
  on(event: 'close' | 'error', listener: () => void): void
}

/** RFC 6455, 7.4.1 and the registry behind it: refused for good; try again later. */
const closeRefused = 1008
const closeLater = 1013
/** A peer that does not answer the goodbye is cut off; milliseconds. */
const goodbyeMs = 1000
/** How often revoked certificates are looked for. */
const revokedMs = 2000
const lineEnd = Buffer.from('\n')

/** Links of agents over WebSocket and mTLS, for machines without virtio-serial. One message holds whole lines. */
export class AgentSockets {
  readonly #context: AppContext
  readonly #links: Links
  readonly #leases: LinkLeases
  readonly #keeper: LinkKeeper
  /** By certificate serial. */
  readonly #open = new Map<GuestLink, string>()
  #timer: NodeJS.Timeout | null = null

  constructor(context: AppContext, links: Links, leases: LinkLeases, keeper: LinkKeeper) {
    this.#context = context
    this.#links = links
    this.#leases = leases
    this.#keeper = keeper
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.closeRevoked().catch((error: unknown) =>
        this.#context.logger.debug({ err: error }, 'Revoked certificates of agents were not looked up'),
      )
    }, revokedMs)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    for (const link of this.#open.keys()) {
      link.endSession('the server stops') // now, while it can still be written
      link.close('the server stops')
    }
  }

  /** A connection whose certificate was checked. */
  accept(socket: AgentSocket, peer: { uri: string; serial: string }): void {
    socket.on('error', () => undefined) // `close` follows and says all
    socket.pause()
    this.#accept(socket, peer).catch((error: unknown) => {
      const isOurs = error instanceof Fault && error.code !== 'database-unavailable'
      if (!isOurs) this.#context.logger.warn({ err: error }, 'An agent’s WebSocket could not be served')
      refuse(socket, isOurs ? closeRefused : closeLater, isOurs ? error.message : 'the server cannot serve it now')
    })
  }

  /** Ends the links whose certificate was revoked (security.md). */
  async closeRevoked(): Promise<void> {
    if (this.#open.size === 0) return
    const rows = await this.#context.database.query<{ serial: string }>(
      'SELECT serial FROM certificates WHERE serial = ANY ($1) AND revoked_at IS NOT NULL',
      [[...this.#open.values()]],
    )
    const revoked = new Set(rows.map(({ serial }) => serial))
    for (const [link, serial] of this.#open) if (revoked.has(serial)) link.close('its certificate was revoked')
  }

  async #accept(socket: AgentSocket, peer: { uri: string; serial: string }): Promise<void> {
    const machineId = agentOf(peer.uri)
    const { database } = this.#context
    if (this.#links.link(machineId)?.transport.kind === 'virtio-serial')
      return refuse(socket, closeLater, 'the agent is linked over virtio-serial')
    await sessionStore.ensure(database, [machineId])
    if (this.#leases.fence(machineId) === null && (await this.#leases.acquire([machineId], true)).length === 0)
      return refuse(socket, closeLater, 'another server holds this machine’s link; try again')
    await this.#keeper.refresh([machineId])
    const identity = this.#keeper.identityOf(machineId)
    if (!identity) throw new Fault('not-found', `there is no machine ${machineId} here`)
    const ends: { link: GuestLink | null } = { link: null }
    const transport = makeTransport(socket, {
      onBytes: (bytes) => ends.link?.receive(bytes),
      onDrain: () => ends.link?.drained(),
      onClosed: (reason) => ends.link && this.#closed(ends.link, reason),
    })
    ends.link = new GuestLink({ machineId, transport, owner: this.#links, identity })
    this.#links.add(ends.link)
    this.#open.set(ends.link, peer.serial)
    transport.resume()
  }

  #closed(link: GuestLink, reason: string): void {
    this.#open.delete(link)
    this.#links.remove(link)
    link.closed(reason)
    this.#keeper.releaseUnused(link.machineId)
  }
}

function makeTransport(socket: AgentSocket, events: TransportEvents): LinkTransport {
  let reason: string | null = null
  socket.on('message', (data) => {
    for (const piece of Array.isArray(data) ? data : [data])
      events.onBytes(piece instanceof ArrayBuffer ? new Uint8Array(piece) : piece)
    events.onBytes(lineEnd) // a message ends its last line
  })
  socket.on('close', () => events.onClosed(reason ?? 'the agent closed its connection'))
  return {
    kind: 'websocket',
    get queuedBytes() {
      return socket.bufferedAmount
    },
    write: (line) => socket.send(line, () => socket.bufferedAmount === 0 && events.onDrain()),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(why) {
      reason ??= why
      refuse(socket, closeLater, why)
    },
  }
}

/** A close frame's reason holds 123 bytes (RFC 6455, 5.5). */
function refuse(socket: AgentSocket, code: number, why: string): void {
  socket.resume() // the peer's goodbye must be read
  socket.close(code, Buffer.from(why).subarray(0, 120).toString('utf8').replace('\uFFFD', ''))
  setTimeout(() => socket.terminate(), goodbyeMs).unref()
}
