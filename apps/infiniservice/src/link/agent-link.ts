/** What a link tells its owner. Calls never come from inside `write`, `start` or `reconnect`. */
export interface LinkHandler {
  /** Bytes of the host, in order; the buffer is the handler's to keep. */
  onBytes(bytes: Uint8Array): void
  /** True: somebody listens on the other side, from an empty stream on. False: what was queued is gone. */
  onPeer(present: boolean): void
  /** The queue is empty again after a `write` that was `queued` or `refused`. */
  onDrain(): void
  /** Something worth a line in the log happened to the link, once per change. `cure` says what to do. */
  onTrouble(trouble: LinkTrouble): void
}

/** Why a link does not work, for a log line and for `--diagnose`. */
export interface LinkTrouble {
  readonly message: string
  readonly cause?: unknown
}

/** `written`: handed to the system; `queued`: kept in memory until there is room; `refused`: not taken at all. */
export type WriteOutcome = 'written' | 'queued' | 'refused'

/**
 * A byte stream to the host that lasts as long as the agent: the host comes and goes (`onPeer`), the link reconnects by
 * itself, backing off, and never spins. A write is taken whole or refused whole; partial writes are finished by the link.
 */
export interface AgentLink {
  readonly name: string
  readonly present: boolean
  /** Bytes taken and not yet handed to the system. */
  readonly queuedBytes: number
  start(handler: LinkHandler): void
  write(bytes: Uint8Array): WriteOutcome
  /** The host does not answer: ask for a fresh connection. A device that has none does nothing. */
  reconnect(): void
  close(): void
}

/** Bytes that a link queues at most; one message (8 MiB) more is taken when the queue is empty. */
export const maxQueuedBytes = 12 * 1024 * 1024
