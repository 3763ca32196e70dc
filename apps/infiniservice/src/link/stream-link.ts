import type { Socket } from 'node:net'
import { maxQueuedBytes, type AgentLink, type LinkHandler, type WriteOutcome } from './agent-link.ts'

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
  #socket: Socket | null = null
  #waitsForDrain = false

  constructor(options: { name: string; onStart: () => void; onLost: () => void; onClose: () => void }) {
    this.name = options.name
    this.#onStart = options.onStart
    this.#onLost = options.onLost
    this.#onClose = options.onClose
  }

  get present(): boolean {
    return this.#socket !== null
  }

  get queuedBytes(): number {
    return this.#socket?.writableLength ?? 0
  }

  start(handler: LinkHandler): void {
    this.#handler = handler
    this.#onStart()
  }

  /** Takes a connected socket into use; an older one is dropped. */
  attach(socket: Socket): void {
    this.#socket?.destroy()
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      if (this.#socket === socket) this.#handler?.onBytes(bytes)
    })
    socket.on('drain', () => {
      if (this.#socket !== socket || !this.#waitsForDrain) return
      this.#waitsForDrain = false
      this.#handler?.onDrain()
    })
    // A host that half-closes is gone too: QEMU drops such a client (vm-lab.md §6).
    socket.on('end', () => socket.destroy())
    socket.on('error', () => socket.destroy()) // `close` follows and is where the loss is told
    socket.on('close', () => this.#lost(socket))
    this.#handler?.onPeer(true)
  }

  trouble(message: string, cause?: unknown): void {
    this.#handler?.onTrouble({ message, ...(cause !== undefined && { cause }) })
  }

  write(bytes: Uint8Array): WriteOutcome {
    const socket = this.#socket
    if (!socket || socket.destroyed) return 'refused'
    if (socket.writableLength > 0 && socket.writableLength + bytes.length > maxQueuedBytes) {
      this.#waitsForDrain = true
      return 'refused'
    }
    if (socket.write(bytes)) return 'written'
    this.#waitsForDrain = true
    return 'queued'
  }

  reconnect(): void {
    this.#socket?.destroy()
  }

  close(): void {
    this.#handler = null
    this.#onClose()
    this.#socket?.destroy()
    this.#socket = null
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = null
    this.#waitsForDrain = false
    this.#handler?.onPeer(false)
    if (this.#handler) this.#onLost()
  }
}
