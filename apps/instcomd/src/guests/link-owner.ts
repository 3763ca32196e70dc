import type { AgentMessage, AgentMessageType } from '@slipway/protocol'
import type { GuestLink, LinkSession } from './guest-link.ts'
import type { RefusalReason } from './line-gate.ts'

/** What one link asks of, and tells to, whoever holds all of them. */
export interface LinkOwner {
  readonly allowLegacy: boolean
  /** Wall clock, milliseconds. */
  now(): number
  /** Monotonic clock, milliseconds. */
  elapsed(): number
  /** Makes a session known to all; false when this instance may not serve the machine (the link is being closed then). */
  begin(link: GuestLink, session: LinkSession, secret: string | null): Promise<boolean>
  /** The handshake was answered: the other nouns hear of it before the agent's next line. */
  opened(link: GuestLink, session: LinkSession): Promise<void>
  ended(link: GuestLink, session: LinkSession, end: { reason: string; replaced: boolean }): void
  /** A message of a session; undefined when nobody waits for one of its type. */
  message(link: GuestLink, session: LinkSession, message: AgentMessage): Promise<void> | undefined
  writable(session: LinkSession): void
  received(type: AgentMessageType): void
  refused(link: GuestLink, reason: RefusalReason): void
  /** A handler threw. */
  failed(link: GuestLink, error: unknown): void
}
