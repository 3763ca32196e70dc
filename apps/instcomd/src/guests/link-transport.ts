/** Bytes to and from one agent, whatever carries them. */
export interface LinkTransport {
  readonly kind: 'virtio-serial' | 'websocket'
  /** Bytes that were taken and that the other side has not. */
  readonly queuedBytes: number
  /** Takes one line without its end. */
  write(line: string): void
  /** Stops reading; what was read already still arrives. */
  pause(): void
  resume(): void
  /** Ends it at once; `onClosed` is called with the reason. */
  close(reason: string): void
}

/** What a transport tells; none of it is called from inside `write`. */
export interface TransportEvents {
  /** The buffer is the transport's own and used again after the call. */
  onBytes(bytes: Uint8Array): void
  /** All that was queued has gone. */
  onDrain(): void
  /** Once, at the end. */
  onClosed(reason: string): void
}
