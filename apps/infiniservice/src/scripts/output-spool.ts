import { closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pieceLimit, tailText } from './utf8-piece.ts'

export type StreamName = 'stdout' | 'stderr'
export const streamNames = ['stdout', 'stderr'] as const

/**
 * One stream of one run on disk: up to the cap in `NAME`, and of a longer stream the last 64 KiB in `NAME.tail`.
 * Writes go to the page cache and are not synced: only a power cut loses them, and it loses the script too.
 */
export class OutputSpool {
  readonly path: string
  readonly #capBytes: number
  #fd: number | null = null
  /** Bytes on disk; what may be sent. */
  #kept: number
  /** Bytes the script wrote. */
  #written: number
  #ended: boolean
  /** The last bytes of a stream that outgrew its cap, at most twice 64 KiB. */
  #tail: Buffer[] = []
  #tailBytes = 0
  #broken = false

  constructor(options: { directory: string; name: StreamName; capBytes: number; ended: boolean }) {
    this.path = join(options.directory, options.name)
    this.#capBytes = options.capBytes
    this.#ended = options.ended
    this.#kept = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
    this.#written = this.#kept
  }

  get kept(): number {
    return this.#kept
  }
  get written(): number {
    return this.#written
  }
  get truncated(): boolean {
    return this.#written > this.#kept
  }
  get ended(): boolean {
    return this.#ended
  }

  /** Keeps what fits, counts the rest. A full disk is like a reached cap: the script goes on. */
  append(chunk: Buffer): void {
    if (this.#ended) return
    const room = this.#broken || this.truncated ? 0 : Math.max(0, this.#capBytes - this.#kept)
    const fitting = chunk.subarray(0, room)
    this.#written += chunk.length
    this.#kept += this.#write(fitting)
    if (this.truncated) this.#remember(chunk)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
    if (this.#tail.length === 0) return
    try {
      writeFileSync(`${this.path}.tail`, this.#tailOf(pieceLimit), { mode: 0o600 })
      this.#tail = []
    } catch {
      // The disk is full: the tail stays in memory for as long as this agent runs.
    }
  }

  /** Up to `length` bytes from `offset`. */
  read(offset: number, length: number): Buffer {
    const wanted = Math.min(length, this.#kept - offset)
    if (wanted <= 0) return Buffer.alloc(0)
    const buffer = Buffer.allocUnsafe(wanted)
    const fd = openSync(this.path, 'r')
    try {
      return buffer.subarray(0, readSync(fd, buffer, 0, wanted, offset))
    } finally {
      closeSync(fd)
    }
  }

  /** The text of the last 64 KiB the script wrote. */
  tail(): string {
    if (this.#tail.length > 0) return tailText(this.#tailOf(pieceLimit))
    if (existsSync(`${this.path}.tail`)) return tailText(readFileSync(`${this.path}.tail`))
    // One byte more, so that a cut inside a character is seen as one.
    return tailText(this.read(Math.max(0, this.#kept - pieceLimit - 3), pieceLimit + 3))
  }

  #write(bytes: Buffer): number {
    let done = 0
    try {
      this.#fd ??= openSync(this.path, 'a', 0o600)
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done)
    } catch {
      this.#broken = true
    }
    return done
  }

  #remember(chunk: Buffer): void {
    if (this.#tail.length === 0) {
      const before = this.read(Math.max(0, this.#kept - pieceLimit), pieceLimit)
      this.#push(before)
      this.#push(chunk.subarray(chunk.length - (this.#written - this.#kept)))
    } else this.#push(chunk)
  }

  #push(chunk: Buffer): void {
    // A copy: a chunk may be a small view of a large read buffer.
    const last = Buffer.from(chunk.subarray(Math.max(0, chunk.length - pieceLimit)))
    this.#tail.push(last)
    this.#tailBytes += last.length
    // Many small chunks are joined now and then, so that the list stays short and joining stays cheap.
    if (this.#tailBytes < 2 * pieceLimit && this.#tail.length < 256) return
    this.#tail = [this.#tailOf(pieceLimit)]
    this.#tailBytes = this.#tail[0]?.length ?? 0
  }

  #tailOf(limit: number): Buffer {
    const all = Buffer.concat(this.#tail)
    return Buffer.from(all.subarray(Math.max(0, all.length - limit)))
  }
}
