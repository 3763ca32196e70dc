// INVARIANTS
// - What goes out is written anew from what was understood: no header of the layer reaches the target's tar as it came.
// - Input chunks belong to us: headers are rewritten in place, so that a chunk of many files goes out whole, uncopied.
import { overLimit, type LayerLimits } from './limits.ts'
import type { RawEntry, Verdict } from './entry-gate.ts'
import { parsePaxRecords, type PaxRecords } from './pax-records.ts'
import { encodeTarEntry, paddingOf, tarEnd } from './tar-encode.ts'
import { blockBytes, decodeName, isZeroBlock, malformed, parseTarHeader, type TarHeader } from './tar-header.ts'

/** What is being read: a header block, the body of an extended header, an entry's body, or the rest after the end. */
type Phase = 'header' | 'extended' | 'body' | 'end'

/** Reads a hostile tar stream entry by entry, lets `gate` decide on each, and yields a canonical one; ends with two zero blocks. */
export async function* sanitizeTar(
  input: AsyncIterable<Uint8Array>,
  gate: (raw: RawEntry) => Promise<Verdict>,
  limits: LayerLimits,
  onEntry: () => void,
): AsyncGenerator<Uint8Array> {
  const reader = new TarReader(limits)
  for await (const piece of input) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let at = 0
    /** Start of what goes out uncopied. */
    let kept = 0
    while (at < chunk.length) {
      if (reader.phase === 'body' || reader.phase === 'end') {
        const take = Math.min(reader.left, chunk.length - at)
        if (reader.isDropped) {
          if (at > kept) yield chunk.subarray(kept, at)
          kept = at + take
        }
        at += take
        reader.skip(take)
        continue
      }
      const isWhole = reader.phase === 'header' && reader.gathered === 0 && chunk.length - at >= blockBytes
      if (!isWhole && at > kept) yield chunk.subarray(kept, at)
      const block = isWhole ? chunk.subarray(at, at + blockBytes) : reader.gather(chunk, at)
      const from = at
      at += isWhole ? blockBytes : reader.taken
      if (!isWhole) kept = at
      if (block === null) continue
      const raw = reader.take(block)
      const verdict = raw === null ? [] : await gate(raw)
      if (raw !== null) onEntry()
      const written = raw === null ? [] : writeEntries(verdict, isWhole ? block : Buffer.alloc(blockBytes))
      reader.isDropped = verdict.length === 0
      if (isWhole && written.length === 1) continue // rewritten in place
      if (isWhole && from > kept) yield chunk.subarray(kept, from)
      kept = at
      yield* written
    }
    if (at > kept) yield chunk.subarray(kept, at)
  }
  reader.finish()
  yield tarEnd
}

/** Blocks of the entries; the last one is `place`, written over. */
function writeEntries(entries: Verdict, place: Buffer): Buffer[] {
  return entries.flatMap((entry, index) => {
    const block = index === entries.length - 1 ? place : Buffer.alloc(blockBytes)
    return [...encodeTarEntry(entry, block), block]
  })
}

/** Where one is in the archive. */
class TarReader {
  phase: Phase = 'header'
  /** Bytes of the body, with its padding, that are still to come. */
  left = 0
  isDropped = false
  gathered = 0
  taken = 0
  private buffer: Buffer = Buffer.alloc(blockBytes)
  private extendedType = ''
  private extendedSize = 0
  private pax: PaxRecords | null = null
  private longName: string | null = null
  private longLink: string | null = null
  private zeroBlocks = 0
  private readonly limits: LayerLimits

  constructor(limits: LayerLimits) {
    this.limits = limits
  }

  /** Collects a block or an extended body that chunks divide; null until it is whole. */
  gather(chunk: Buffer, at: number): Buffer | null {
    this.taken = Math.min(this.buffer.length - this.gathered, chunk.length - at)
    chunk.copy(this.buffer, this.gathered, at, at + this.taken)
    this.gathered += this.taken
    if (this.gathered < this.buffer.length) return null
    const whole = this.buffer
    this.buffer = Buffer.alloc(blockBytes)
    this.gathered = 0
    return whole
  }

  skip(count: number): void {
    if (this.phase === 'end') return
    this.left -= count
    if (this.left === 0) this.phase = 'header'
  }

  /** Takes a whole block or extended body; an entry comes out when its last header was read. */
  take(block: Buffer): RawEntry | null {
    if (this.phase === 'extended') return this.takeExtended(block)
    if (isZeroBlock(block)) return this.takeZero()
    if (this.zeroBlocks > 0) throw malformed('a header follows a zero block')
    const header = parseTarHeader(block)
    if ('xgLK'.includes(header.type)) return this.beginExtended(header)
    return this.takeEntry(header)
  }

  finish(): void {
    if (this.phase === 'end') return
    const isBetween = this.phase === 'header' && this.gathered === 0 && !this.hasPending()
    if (!isBetween) throw malformed('it ends inside an entry')
  }

  private takeZero(): null {
    if (this.hasPending()) throw malformed('an extended header has no entry')
    this.zeroBlocks += 1
    if (this.zeroBlocks === 2) {
      this.phase = 'end'
      this.left = Infinity
    }
    return null
  }

  private beginExtended(header: TarHeader): null {
    if (header.size > this.limits.maxExtendedBytes)
      throw overLimit('an extended header of too many bytes', this.limits.maxExtendedBytes)
    this.extendedType = header.type
    this.extendedSize = header.size
    if (header.size === 0) {
      this.keepExtended(Buffer.alloc(0))
      return null
    }
    this.buffer = Buffer.alloc(header.size + paddingOf(header.size))
    this.phase = 'extended'
    return null
  }

  private takeExtended(body: Buffer): null {
    this.phase = 'header'
    this.keepExtended(body.subarray(0, this.extendedSize))
    return null
  }

  private keepExtended(body: Buffer): void {
    if (this.extendedType === 'g') return // comments of the whole archive, as git writes them; Docker ignores them too
    if (this.extendedType === 'x') {
      if (this.pax !== null) throw malformed('two extended headers stand in a row')
      this.pax = parsePaxRecords(body)
      return
    }
    const end = body.indexOf(0)
    const text = decodeName(end < 0 ? body : body.subarray(0, end), 'long name')
    if (this.extendedType === 'L') this.longName = text
    else this.longLink = text
  }

  private takeEntry(header: TarHeader): RawEntry {
    const pax = this.pax
    const name = pax?.path ?? this.longName ?? header.name
    // Archives from before 1988 mark directories by their slash alone.
    const type = header.type === '0' && name.endsWith('/') ? '5' : header.type
    const raw = {
      ...header,
      name,
      type,
      linkName: pax?.linkPath ?? this.longLink ?? header.linkName,
      // Links, directories and devices have no body whatever their size says (POSIX pax, "ustar Header Block").
      size: type >= '1' && type <= '6' ? 0 : (pax?.size ?? header.size),
      pax,
    }
    this.pax = null
    this.longName = null
    this.longLink = null
    this.left = raw.size + paddingOf(raw.size)
    if (this.left > 0) this.phase = 'body'
    return raw
  }

  private hasPending(): boolean {
    return this.pax !== null || this.longName !== null || this.longLink !== null
  }
}
