import type { Socket } from 'node:net'
import { toFault } from '@slipway/base'
import { maxQueuedBytes, type AgentLink, type LinkHandler, type WriteOutcome } from './agent-link.ts'

/** How a transport wraps the stream of lines; a plain socket wraps nothing. */
export interface StreamCodec {
  /** One write of the session is whole lines. */
  encode(bytes: Uint8Array): Uint8Array
  /** Throws when the peer breaks the transport's rules; the connection is then given up. */
  decode(bytes: Uint8Array): Uint8Array[]
}

/** A connected socket, how it is wrapped, and what was read of it already. */
export interface Connection {
  readonly socket: Socket
  readonly codec?: StreamCodec
  readonly first?: Uint8Array
}

/**
 * The part of a link that is the same for every connection-like transport: one connection at a time, its bytes, its queue.
 * Who makes connections (dialling, listening) calls `attach`; `onLost` tells when the next one is needed.
 */
export class StreamLink implements AgentLink {
  readonly name: string
  readonly #onLost: () => void
  readonly #onStart: () => void
  readonly #onClose: () => void
  #handler: LinkHandler | null = null
  #connection: Connection | null = null
  #waitsForDrain = false
  #told = ''

  constructor(options: { name: string; onStart: () => void; onLost: () => void; onClose: () => void }) {
    this.name = options.name
    this.#onStart = options.onStart
    this.#onLost = options.onLost
    this.#onClose = options.onClose
  }

  get present(): boolean {
    return this.#connection !== null
  }

  get queuedBytes(): number {
    return this.#connection?.socket.writableLength ?? 0
  }

  start(handler: LinkHandler): void {
    this.#handler = handler
    this.#onStart()
  }

  /** Takes a connected socket into use; an older one is dropped. */
  attach(connection: Connection): void {
    const { socket } = connection
    this.#connection?.socket.destroy()
    this.#connection = connection
    this.#told = ''
    socket.on('data', (bytes: Buffer) => this.#read(connection, bytes))
    socket.on('drain', () => {
      if (this.#connection !== connection || !this.#waitsForDrain) return
      this.#waitsForDrain = false
      this.#handler?.onDrain()
    })
    // A host that half-closes is gone too: QEMU drops such a client (vm-lab.md §6).
    socket.on('end', () => socket.destroy())
    socket.on('error', () => socket.destroy()) // `close` follows and is where the loss is told
    socket.on('close', () => this.#lost(connection))
    socket.resume() // it was paused after the upgrade's answer
    this.#handler?.onPeer(true)
    if (connection.first && connection.first.length > 0) this.#read(connection, connection.first)
  }

  /** Says once why there is no connection; the next success makes it worth saying again. */
  trouble(message: string, cause?: unknown): void {
    if (message === this.#told) return
    this.#told = message
    this.#handler?.onTrouble({ message, ...(cause !== undefined && { cause }) })
  }

  write(bytes: Uint8Array): WriteOutcome {
    const connection = this.#connection
    if (!connection || connection.socket.destroyed) return 'refused'
    const { socket, codec } = connection
    if (socket.writableLength > 0 && socket.writableLength + bytes.length > maxQueuedBytes) {
      this.#waitsForDrain = true
      return 'refused'
    }
    if (socket.write(codec ? codec.encode(bytes) : bytes)) return 'written'
    this.#waitsForDrain = true
    return 'queued'
  }

  reconnect(): void {
    this.#connection?.socket.destroy()
  }

  close(): void {
    this.#handler = null
    this.#onClose()
    this.#connection?.socket.destroy()
    this.#connection = null
  }

  #read(connection: Connection, bytes: Uint8Array): void {
    if (this.#connection !== connection) return
    if (!connection.codec) return this.#handler?.onBytes(bytes)
    try {
      for (const piece of connection.codec.decode(bytes)) this.#handler?.onBytes(piece)
    } catch (error) {
      this.trouble(toFault(error).message, error)
      connection.socket.destroy()
    }
  }

  #lost(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#connection = null
    this.#waitsForDrain = false
    this.#handler?.onPeer(false)
    if (this.#handler) this.#onLost()
  }
}
