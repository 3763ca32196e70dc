import { closeSync, writeSync } from 'node:fs'
import { toFault } from '@slipway/base'
import type { AgentLink, LinkHandler, WriteOutcome } from '../agent-link.ts'
import { dialDelay, type DialBackoff } from '../dial-backoff.ts'
import { WriteQueue } from '../write-queue.ts'
import { bunReader } from './bun-reader.ts'
import { openPort } from './open-port.ts'
import { pollReader, readPort, type PortReader } from './port-reader.ts'

/** A port without a host is looked at again: soon after the loss, then once a second (agent.md: never spin). */
const absentBackoff: DialBackoff = { firstMs: 500, capMs: 1_000 }
/** A port that cannot be opened: a driver that loads late, a rival that somebody stops. */
const openBackoff: DialBackoff = { firstMs: 500, capMs: 30_000 }

/**
 * The virtio-serial port on Linux. The kernel tells of the host by reads: 0 bytes = nobody there, EAGAIN = somebody who says
 * nothing (vm-lab.md §6). The descriptor stays open while the host is away.
 */
export function makePortLink(options: { path: string; reader?: PortReader }): AgentLink {
  return new PortLink(options.path, options.reader ?? bunReader() ?? pollReader)
}

class PortLink implements AgentLink {
  readonly name: string
  readonly #reader: PortReader
  readonly #queue: WriteQueue
  #handler: LinkHandler | null = null
  #fd: number | null = null
  #present = false
  #stopReading: (() => void) | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #tries = 0
  #told = ''

  constructor(path: string, reader: PortReader) {
    this.name = path
    this.#reader = reader
    this.#queue = new WriteQueue({
      tryWrite: (bytes) => this.#tryWrite(bytes),
      onDrain: () => this.#handler?.onDrain(),
      onFailed: (error) => this.#lose(error),
    })
  }

  get present(): boolean {
    return this.#present
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  start(handler: LinkHandler): void {
    this.#handler = handler
    this.#later(0, () => this.#open())
  }

  write(bytes: Uint8Array): WriteOutcome {
    return this.#present ? this.#queue.write(bytes) : 'refused'
  }

  reconnect(): void {
    // The port is the port: a new session begins by the handshake alone.
  }

  close(): void {
    this.#handler = null
    this.#release()
  }

  #open(): void {
    try {
      this.#fd = openPort(this.name)
    } catch (error) {
      return this.#failed(error)
    }
    this.#told = ''
    this.#tries = 0
    this.#look()
  }

  /** Is the host there? */
  #look(): void {
    if (this.#fd === null) return
    try {
      const read = readPort(this.#fd)
      if (read === 'absent') return this.#waitForHost()
      this.#arrived(this.#fd, read === 'nothing' ? null : read)
    } catch (error) {
      this.#lose(error)
    }
  }

  #waitForHost(): void {
    this.#tries += 1
    this.#later(dialDelay(absentBackoff, this.#tries), () => this.#look())
  }

  #arrived(fd: number, first: Uint8Array | null): void {
    this.#tries = 0
    this.#present = true
    this.#handler?.onPeer(true)
    if (first) this.#handler?.onBytes(first)
    if (this.#fd !== fd) return // closed by what it was told
    this.#stopReading = this.#reader(fd, {
      onBytes: (bytes) => this.#handler?.onBytes(bytes),
      onAbsent: () => this.#left(),
      onFailed: (error) => this.#lose(error),
    })
  }

  #left(): void {
    this.#stopReading = null
    this.#absent()
    this.#waitForHost()
  }

  #absent(): void {
    this.#queue.clear()
    if (!this.#present) return
    this.#present = false
    this.#handler?.onPeer(false)
  }

  /** The device itself failed (unplugged, driver reset): open it anew. */
  #lose(error: unknown): void {
    this.#release()
    this.#failed(error)
  }

  #failed(error: unknown): void {
    const { message } = toFault(error)
    if (message !== this.#told) this.#handler?.onTrouble({ message, cause: error })
    this.#told = message
    this.#tries += 1
    this.#later(dialDelay(openBackoff, this.#tries), () => this.#open())
  }

  #release(): void {
    this.#stopReading?.()
    this.#stopReading = null
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#absent()
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }

  #later(ms: number, work: () => void): void {
    if (!this.#handler) return
    this.#timer = setTimeout(work, ms)
  }

  #tryWrite(bytes: Uint8Array): number {
    if (this.#fd === null) return 0
    try {
      return writeSync(this.#fd, bytes)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
      throw error
    }
  }
}
