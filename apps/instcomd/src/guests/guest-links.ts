import type { AgentMessage, AgentMessageType, HostOutgoing } from '@slipway/protocol'

/** A guest whose handshake this instance answered. */
export interface LinkedGuest {
  readonly machineId: string
  /** Changes with every handshake. */
  readonly session: string
  /** 1: legacy, sends no handshake, no `script_accepted` and no output pieces. */
  readonly protocol: 1 | 2
  /** Null until a legacy agent tells. */
  readonly platform: 'linux' | 'windows' | null
}

/** `sent`: handed to the link; `full`: the guest does not read fast enough now, try again on `onWritable`; else no link here. */
export type SendOutcome = 'sent' | 'full' | 'not-connected'

/** What other nouns see of the agents' links that this instance holds (one instance holds a machine's link: a lease). */
export interface GuestLinks {
  /** Guests linked here now. */
  linked(): Iterable<LinkedGuest>
  find(machineId: string): LinkedGuest | null
  /** Queues one message for a guest; it is signed and stamped with the session by the link. */
  send(machineId: string, message: HostOutgoing): SendOutcome
  /**
   * Calls the handler for each parsed message of a type, one at a time and in order per machine; the next line of that machine
   * is not read before the promise ends (back pressure). A throw is logged and answered by a typed `error`.
   */
  onMessage<T extends AgentMessageType>(
    type: T,
    handler: (guest: LinkedGuest, message: AgentMessage<T>) => Promise<void>,
  ): void
  /** After each handshake (or a legacy agent's first line), in the order of registration. */
  onLinked(handler: (guest: LinkedGuest) => Promise<void>): void
  onUnlinked(handler: (guest: LinkedGuest) => void): void
  /** The guest's queue has room again after `full`. */
  onWritable(handler: (guest: LinkedGuest) => void): void
}
