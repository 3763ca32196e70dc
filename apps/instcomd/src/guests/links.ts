import type { AgentMessage, AgentMessageType, HostOutgoing } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { GuestLink, LinkSession } from './guest-link.ts'
import type { GuestLinks, LinkedGuest, SendOutcome } from './guest-links.ts'
import type { RefusalReason } from './line-gate.ts'
import type { LinkOwner } from './link-owner.ts'
import type { SessionWriter } from './session-writer.ts'

type AnyHandler = (guest: LinkedGuest, message: AgentMessage) => Promise<void>

/** All links of this instance: who is linked, and who waits for which message. */
export class Links implements GuestLinks, LinkOwner {
  readonly allowLegacy: boolean
  readonly #context: AppContext
  readonly #writer: SessionWriter
  readonly #open = new Set<GuestLink>()
  readonly #linked = new Map<string, GuestLink>()
  readonly #messageHandlers = new Map<AgentMessageType, AnyHandler[]>()
  readonly #quickHandlers = new Map<AgentMessageType, (guest: LinkedGuest, message: AgentMessage) => void>()
  readonly #linkedHandlers: ((guest: LinkSession) => Promise<void>)[] = []
  readonly #unlinkedHandlers: ((guest: LinkedGuest) => void)[] = []
  readonly #writableHandlers: ((guest: LinkedGuest) => void)[] = []

  constructor(context: AppContext, writer: SessionWriter) {
    this.#context = context
    this.#writer = writer
    this.allowLegacy = context.configuration.guests.allow_legacy
  }

  *linked(): Iterable<LinkedGuest> {
    for (const link of this.#linked.values()) if (link.session) yield link.session
  }

  get linkedCount(): number {
    return this.#linked.size
  }

  find(machineId: string): LinkSession | null {
    return this.#linked.get(machineId)?.session ?? null
  }

  link(machineId: string): GuestLink | null {
    return this.#linked.get(machineId) ?? null
  }

  send(machineId: string, message: HostOutgoing): SendOutcome {
    return this.#linked.get(machineId)?.send(message) ?? 'not-connected'
  }

  onMessage<T extends AgentMessageType>(
    type: T,
    handler: (guest: LinkedGuest, message: AgentMessage<T>) => Promise<void>,
  ): void {
    const handlers = this.#messageHandlers.get(type) ?? []
    // Only messages of this type reach it: the map is keyed by it.
    handlers.push(handler as AnyHandler)
    this.#messageHandlers.set(type, handlers)
  }

  /** For a handler that is done at once: the link need not pause for it. It runs before those of `onMessage`. */
  onMessageNow<T extends AgentMessageType>(
    type: T,
    handler: (guest: LinkedGuest, message: AgentMessage<T>) => void,
  ): void {
    this.#quickHandlers.set(type, handler as (guest: LinkedGuest, message: AgentMessage) => void) // keyed by its type
  }

  onLinked(handler: (guest: LinkSession) => Promise<void>): void {
    this.#linkedHandlers.push(handler)
  }

  onUnlinked(handler: (guest: LinkedGuest) => void): void {
    this.#unlinkedHandlers.push(handler)
  }

  onWritable(handler: (guest: LinkedGuest) => void): void {
    this.#writableHandlers.push(handler)
  }

  /** A transport was opened; from now on it is swept. */
  add(link: GuestLink): void {
    this.#open.add(link)
  }

  remove(link: GuestLink): void {
    this.#open.delete(link)
  }

  /** All links of a machine, linked or not. */
  closeAll(machineId: string, reason: string): void {
    for (const link of this.#open) if (link.machineId === machineId) link.close(reason)
  }

  openLinks(): ReadonlySet<GuestLink> {
    return this.#open
  }

  /** Once a second, for all links: silence, queues that emptied. */
  sweep(): void {
    const now = this.elapsed()
    for (const link of this.#open) link.sweep(now)
  }

  now(): number {
    return Date.now()
  }

  elapsed(): number {
    return performance.now()
  }

  async begin(link: GuestLink, session: LinkSession, secret: string | null): Promise<boolean> {
    const other = this.#linked.get(link.machineId)
    if (other && other !== link) other.close('the agent came over another link')
    const begun = await this.#writer.begin(link, session, secret)
    if (!begun) link.close('another server holds this machine’s link now')
    return begun
  }

  async opened(link: GuestLink, session: LinkSession): Promise<void> {
    this.#linked.set(link.machineId, link)
    for (const handler of this.#linkedHandlers) {
      if (link.session !== session) return
      await handler(session).catch((error: unknown) => this.failed(link, error))
    }
  }

  ended(link: GuestLink, session: LinkSession, end: { reason: string; replaced: boolean }): void {
    if (this.#linked.get(link.machineId) === link) this.#linked.delete(link.machineId)
    for (const handler of this.#unlinkedHandlers) {
      try {
        handler(session)
      } catch (error) {
        this.failed(link, error)
      }
    }
    if (!end.replaced) this.#writer.end(link, session, end.reason)
  }

  message(link: GuestLink, session: LinkSession, message: AgentMessage): Promise<void> | undefined {
    this.#quickHandlers.get(message.type)?.(session, message)
    const handlers = this.#messageHandlers.get(message.type)
    if (!handlers) return undefined
    const [first, ...rest] = handlers
    if (first && rest.length === 0) return first(session, message)
    return this.#inOrder(handlers, session, message)
  }

  async #inOrder(handlers: readonly AnyHandler[], session: LinkSession, message: AgentMessage): Promise<void> {
    for (const handler of handlers) await handler(session, message)
  }

  writable(session: LinkSession): void {
    for (const handler of this.#writableHandlers) handler(session)
  }

  received(type: AgentMessageType): void {
    this.#context.metrics.agentMessage(type)
  }

  refused(link: GuestLink, reason: RefusalReason): void {
    this.#context.metrics.agentRefusal(reason)
    this.#context.logger.debug({ machine_id: link.machineId, reason }, 'A line of an agent was refused')
  }

  failed(link: GuestLink, error: unknown): void {
    this.#context.logger.error({ err: error, machine_id: link.machineId }, 'A message of an agent could not be handled')
  }
}
