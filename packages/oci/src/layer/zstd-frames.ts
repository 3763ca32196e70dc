import { Fault, unreachable } from '@slipway/base'

// RFC 8878, 3.1. Node's ZstdDecompress (24.21) drops whatever follows a frame's end within one write, and takes a truncated
// later frame for a whole stream; so frame ends are found here, and no write goes beyond one.
const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50
const skippableMask = 0xfffffff0
const contentSizeBytes = [0, 2, 4, 8] as const
const dictionaryBytes = [0, 1, 2, 4] as const
const checksumBytes = 4

/** Yields the same bytes, cut at frame ends; throws `image-invalid` when the last frame is cut off or a magic number is wrong. */
export async function* cutZstdFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frame = new FrameWalk()
  for await (const chunk of input) {
    let start = 0
    while (start < chunk.length) {
      const end = frame.advance(chunk, start)
      yield chunk.subarray(start, end)
      start = end
    }
  }
  if (!frame.betweenFrames) throw new Fault('image-invalid', 'the layer ends inside a zstd frame; push the image again')
}

/** Where one is in a frame: fields are collected, bodies only counted. */
type Part = 'magic' | 'skip-size' | 'skip-body' | 'descriptor' | 'header' | 'block-header' | 'block-body' | 'checksum'

class FrameWalk {
  private part: Part = 'magic'
  /** Bytes of this part that are still to come. */
  private left = 4
  /** Little-endian value of the field being read. */
  private field = 0
  private shift = 0
  private isLastBlock = false
  private hasChecksum = false

  get betweenFrames(): boolean {
    return this.part === 'magic' && this.left === 4
  }

  /** Walks from `start` and returns where the frame or the chunk ends. */
  advance(chunk: Uint8Array, start: number): number {
    let at = start
    while (at < chunk.length) {
      const take = Math.min(this.left, chunk.length - at)
      if (this.isField()) this.collect(chunk, at, take)
      at += take
      this.left -= take
      if (this.left === 0 && this.finishPart()) return at
    }
    return at
  }

  private isField(): boolean {
    return (
      this.part === 'magic' || this.part === 'skip-size' || this.part === 'descriptor' || this.part === 'block-header'
    )
  }

  private collect(chunk: Uint8Array, at: number, count: number): void {
    for (let i = at; i < at + count; i += 1) {
      this.field += (chunk[i] ?? 0) * 2 ** this.shift
      this.shift += 8
    }
  }

  /** Enters the part that follows; true when a frame has ended. */
  private finishPart(): boolean {
    const field = this.field
    this.field = 0
    this.shift = 0
    switch (this.part) {
      case 'magic':
        return this.enter(partAfterMagic(field), field === frameMagic ? 1 : 4)
      case 'skip-size':
        return field === 0 ? this.endFrame() : this.enter('skip-body', field)
      case 'descriptor':
        this.hasChecksum = (field & 0b100) !== 0
        return this.enter('header', headerBytes(field))
      case 'header':
        return this.enter('block-header', 3)
      case 'block-header':
        return this.enterBlock(field)
      case 'block-body':
        return this.afterBlock()
      case 'skip-body':
      case 'checksum':
        return this.endFrame()
      default:
        return unreachable(this.part)
    }
  }

  private enterBlock(header: number): boolean {
    this.isLastBlock = (header & 1) === 1
    const type = (header >> 1) & 0b11
    const size = type === 1 ? 1 : header >> 3 // 1 = RLE: one byte stands for all
    return size === 0 ? this.afterBlock() : this.enter('block-body', size)
  }

  private afterBlock(): boolean {
    if (!this.isLastBlock) return this.enter('block-header', 3)
    return this.hasChecksum ? this.enter('checksum', checksumBytes) : this.endFrame()
  }

  private endFrame(): boolean {
    this.enter('magic', 4)
    return true
  }

  private enter(part: Part, bytes: number): boolean {
    this.part = part
    this.left = bytes
    return false
  }
}

function partAfterMagic(magic: number): Part {
  if (magic === frameMagic) return 'descriptor'
  // >>> 0 because & gives a signed number
  if ((magic & skippableMask) >>> 0 === skippableMagic) return 'skip-size'
  throw new Fault('image-invalid', 'the layer is not valid zstd: no frame begins where one must; push the image again')
}

/** Bytes between the descriptor and the first block: window, dictionary id, content size. Never 0: see RFC 8878, 3.1.1.1. */
function headerBytes(descriptor: number): number {
  const singleSegment = (descriptor & 0b10_0000) !== 0
  const sizeFlag = descriptor >> 6
  const window = singleSegment ? 0 : 1
  const content = sizeFlag === 0 && singleSegment ? 1 : (contentSizeBytes[sizeFlag] ?? 0)
  return window + content + (dictionaryBytes[descriptor & 0b11] ?? 0)
}
