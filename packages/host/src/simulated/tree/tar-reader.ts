import { Fault } from '@slipway/base'
import { crc32 } from 'node:zlib'
import { type PaxRecords, parsePax, parseTarHeader, type TarHeader } from './tar-header.ts'

const blockBytes = 512
const maxExtendedBytes = 1024 ** 2 // PAX records and long names: far above PATH_MAX and any xattr set

/** One entry of a tar with the CRC of its content; the content itself is read and let go. */
export interface TarEntry extends TarHeader {
  readonly crc: number
  readonly xattrs: Readonly<Record<string, string>>
}

/**
 * Reads a tar as it streams past, byte by byte but keeping none (ustar, PAX and GNU long names; tar(5)).
 * Throws `image-invalid` for a bad checksum, a size out of bounds or an end inside an entry.
 */
export class TarReader {
  readonly #onEntry: (entry: TarEntry) => void
  #pending: Uint8Array = new Uint8Array(0)
  #header: TarHeader | null = null
  #remaining = 0
  #padding = 0
  #crc = 0
  #extended: Uint8Array[] = []
  #pax: PaxRecords = {}
  #ended = false

  constructor(onEntry: (entry: TarEntry) => void) {
    this.#onEntry = onEntry
  }

  write(chunk: Uint8Array): void {
    let offset = 0
    while (offset < chunk.length && !this.#ended) {
      if (this.#header === null) offset = this.#readHeader(chunk, offset)
      else if (this.#remaining > 0) offset = this.#readContent(chunk, offset)
      else offset = this.#skipPadding(chunk, offset)
    }
  }

  end(): void {
    if (this.#ended || (this.#header === null && this.#pending.length === 0)) return
    throw new Fault('image-invalid', 'a layer’s tar ends inside an entry; the image is damaged')
  }

  #readHeader(chunk: Uint8Array, offset: number): number {
    const wanted = blockBytes - this.#pending.length
    const taken = chunk.subarray(offset, offset + wanted)
    if (taken.length < wanted) {
      this.#pending = Buffer.concat([this.#pending, taken])
      return chunk.length
    }
    const block = this.#pending.length === 0 ? taken : Buffer.concat([this.#pending, taken])
    this.#pending = new Uint8Array(0)
    this.#begin(block)
    return offset + wanted
  }

  #begin(block: Uint8Array): void {
    if (block.every((byte) => byte === 0)) {
      this.#ended = true // POSIX wants two zero blocks; one is enough to know that no entry follows
      return
    }
    const header = parseTarHeader(block, this.#pax)
    if (isExtended(header.type) && header.size > maxExtendedBytes) {
      throw new Fault('image-invalid', `a layer’s tar has an extended header of ${header.size} bytes; at most 1 MiB`)
    }
    this.#header = header
    this.#remaining = header.size
    this.#padding = (blockBytes - (header.size % blockBytes)) % blockBytes
    this.#crc = 0
    this.#extended = []
    if (this.#remaining === 0) this.#finish()
  }

  #readContent(chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + this.#remaining)
    if (this.#header && isExtended(this.#header.type)) this.#extended.push(part.slice())
    else this.#crc = crc32(part, this.#crc)
    this.#remaining -= part.length
    if (this.#remaining === 0) this.#finish()
    return offset + part.length
  }

  #skipPadding(chunk: Uint8Array, offset: number): number {
    const skipped = Math.min(this.#padding, chunk.length - offset)
    this.#padding -= skipped
    if (this.#padding === 0) this.#header = null
    return offset + skipped
  }

  /** The content of the entry is over; its padding may follow. */
  #finish(): void {
    const header = this.#header
    if (this.#padding === 0) this.#header = null
    if (!header) return
    if (isExtended(header.type)) return this.#extend(header.type)
    this.#onEntry({ ...header, crc: this.#crc, xattrs: xattrsOf(this.#pax) })
    this.#pax = {}
  }

  #extend(type: string): void {
    const content = Buffer.concat(this.#extended)
    if (type === 'x') this.#pax = { ...this.#pax, ...parsePax(content) }
    if (type === 'L') this.#pax = { ...this.#pax, path: untilNul(content) }
    if (type === 'K') this.#pax = { ...this.#pax, linkpath: untilNul(content) }
  }
}

/** `x` and `g` are PAX headers, `L` and `K` GNU long names: about other entries, not files. */
function isExtended(type: string): boolean {
  return type === 'x' || type === 'g' || type === 'L' || type === 'K'
}

function untilNul(content: Buffer): string {
  const end = content.indexOf(0)
  return content.toString('utf8', 0, end < 0 ? content.length : end)
}

function xattrsOf(pax: PaxRecords): Record<string, string> {
  return Object.fromEntries(Object.entries(pax).filter(([name]) => name.startsWith('SCHILY.xattr.')))
}
