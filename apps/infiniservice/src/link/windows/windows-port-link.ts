import { toFault } from '@slipway/base'
import type { AgentLink, LinkHandler, WriteOutcome } from '../agent-link.ts'
import { dialDelay, type DialBackoff } from '../dial-backoff.ts'
import { WriteQueue } from '../write-queue.ts'
import { loadKernel32, mostWriteBytes, type OpenOverlapped, type OverlappedHandle } from './kernel32.ts'

/** vioserial ends a read at once when no host is connected (1450), as a pipe does (109, 232, 233): look again later. */
const absentBackoff: DialBackoff = { firstMs: 500, capMs: 1_000 }
const openBackoff: DialBackoff = { firstMs: 500, capMs: 30_000 }
const absentErrors: ReadonlySet<number> = new Set([1450, 109, 232, 233, 535, 536])
/** A look at two words of memory: soon after traffic, seldom when there is none. */
const busyLookMs = 4
const idleLookMs = 50
const busyForMs = 250

/**
 * The virtio-serial port on Windows. Reads and writes are overlapped on one handle: a synchronous handle lets a waiting read
 * block every write (libraries.md, "Windows"). Whether a host is there shows when a read stays pending.
 * Written from the driver's source and documentation; run against a named pipe alone.
 */
export function makeWindowsPortLink(path: string, load: () => Promise<OpenOverlapped> = loadKernel32): AgentLink {
  return new WindowsPortLink(path, load)
}

class WindowsPortLink implements AgentLink {
  readonly name: string
  readonly #load: () => Promise<OpenOverlapped>
  readonly #queue: WriteQueue
  #handler: LinkHandler | null = null
  #handle: OverlappedHandle | null = null
  #present = false
  #timer: ReturnType<typeof setTimeout> | null = null
  #tries = 0
  #busyUntil = 0
  #told = ''
  /** A write is under way; `stale`: of a host that has gone, so nothing that waits now is part of it. */
  #writing: 'no' | 'yes' | 'stale' = 'no'

  constructor(path: string, load: () => Promise<OpenOverlapped>) {
    this.name = path
    this.#load = load
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
    this.#open()
  }

  write(bytes: Uint8Array): WriteOutcome {
    if (!this.#present) return 'refused'
    this.#busyUntil = performance.now() + busyForMs
    return this.#queue.write(bytes)
  }

  reconnect(): void {
    // The port is the port: a new session begins by the handshake alone.
  }

  close(): void {
    this.#handler = null
    this.#release()
  }

  #open(): void {
    this.#load()
      .then((open) => {
        if (!this.#handler) return
        this.#handle = open(this.name)
        this.#told = ''
        this.#tries = 0
        this.#look()
      })
      .catch((error: unknown) => this.#lose(error))
  }

  #look(): void {
    const handle = this.#handle
    if (!handle) return
    const read = handle.read()
    if (read !== 'nothing' && 'error' in read) {
      if (!absentErrors.has(read.error)) return this.#lose(new Error(`Windows error ${read.error} at a read`))
      this.#absent()
      this.#tries += 1
      return this.#later(dialDelay(absentBackoff, this.#tries), () => this.#look())
    }
    this.#arrived()
    if (read !== 'nothing') {
      this.#busyUntil = performance.now() + busyForMs
      this.#handler?.onBytes(read)
    }
    const more = read !== 'nothing' && read.length > 0
    const wait = more ? 0 : performance.now() < this.#busyUntil ? busyLookMs : idleLookMs
    this.#later(wait, () => this.#look())
  }

  #arrived(): void {
    this.#tries = 0
    if (this.#present) return
    this.#present = true
    this.#handler?.onPeer(true)
  }

  #absent(): void {
    this.#queue.clear()
    if (this.#writing === 'yes') this.#writing = 'stale'
    if (!this.#present) return
    this.#present = false
    this.#handler?.onPeer(false)
  }

  #lose(error: unknown): void {
    this.#release()
    const { message } = toFault(error)
    if (message !== this.#told) this.#handler?.onTrouble({ message, cause: error })
    this.#told = message
    this.#tries += 1
    this.#later(dialDelay(openBackoff, this.#tries), () => this.#open())
  }

  #release(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#absent()
    this.#handle?.close()
    this.#handle = null
    this.#writing = 'no'
  }

  #later(ms: number, work: () => void): void {
    if (this.#handler) this.#timer = setTimeout(work, ms)
  }

  /**
   * The queue offers the same first piece until it is told how much was taken; a write is told when the system has ended it,
   * so that a part that was not written is offered again.
   */
  #tryWrite(bytes: Uint8Array): number {
    const handle = this.#handle
    if (!handle) return 0
    if (this.#writing === 'yes') return this.#endWrite(handle)
    if (this.#writing === 'stale') {
      if (handle.endWrite() === 'nothing') return 0
      this.#writing = 'no'
    }
    const begun = handle.beginWrite(bytes.subarray(0, mostWriteBytes))
    if (typeof begun === 'object') return this.#refused(begun.error)
    if (!begun) return 0
    this.#writing = 'yes'
    return this.#endWrite(handle)
  }

  #endWrite(handle: OverlappedHandle): number {
    const ended = handle.endWrite()
    if (ended === 'nothing') return 0
    this.#writing = 'no'
    return typeof ended === 'object' ? this.#refused(ended.error) : ended
  }

  /** A write without a host fails at once; the next read says the same, and is where the absence is told. */
  #refused(error: number): number {
    if (absentErrors.has(error)) return 0
    throw new Error(`Windows error ${error} at a write`)
  }
}
