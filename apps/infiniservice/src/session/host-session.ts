import type { AgentOutgoing, HostMessage } from '@slipway/protocol'

/** What the agent's parts see of the host, whatever the link. Messages are stamped, signed and framed behind it. */
export interface HostSession {
  /** True from the handshake's answer to the loss of the link. */
  readonly open: boolean
  /**
   * Queues a message. False: there is no session, or its queue is full; the caller keeps what must not be lost and sends it
   * again after `onOpen` or `onDrain`.
   */
  send(message: AgentOutgoing): boolean
}

/** A part of the agent that takes messages of the host. */
export interface SessionPart {
  /** A session began: send again what the host may have missed. */
  onOpen?(session: HostSession): void
  onClose?(): void
  /** The queue has room again. */
  onDrain?(session: HostSession): void
  /** Returns false when the message is not this part's. */
  onMessage(message: HostMessage, session: HostSession): boolean
}
