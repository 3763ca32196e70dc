import { isUtf8 } from 'node:buffer'
import { Fault } from '@slipway/base'

export const blockBytes = 512

/** A tar header block, its fields as numbers and text; POSIX.1-1988 ustar, with the GNU and star variants of magic and prefix. */
export interface TarHeader {
  name: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  type: string
  linkName: string
  devMajor: number
  devMinor: number
}

// offset and length of each field (POSIX pax, "ustar Interchange Format")
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  devMajor: [329, 8],
  devMinor: [337, 8],
  prefix: [345, 155],
} as const
/** star shortens the prefix and ends the block with its name. */
const starPrefixBytes = 131
type Field = (typeof fields)[keyof typeof fields]

/** Tells whether a block is all zeros, as the two at an archive's end are. */
export function isZeroBlock(block: Buffer): boolean {
  return block[0] === 0 && block.compare(zeroBlock) === 0
}
const zeroBlock = Buffer.alloc(blockBytes)

/** Reads a header block; a wrong checksum or number throws `image-invalid`. */
export function parseTarHeader(block: Buffer): TarHeader {
  const [at, length] = fields.checksum
  const stated = readNumber(block, fields.checksum)
  let sum = length * 0x20
  let signed = sum
  for (let i = 0; i < blockBytes; i += 1) {
    if (i >= at && i < at + length) continue
    const byte = block[i] ?? 0
    sum += byte
    signed += byte < 128 ? byte : byte - 256
  }
  if (stated !== sum && stated !== signed) throw malformed('a header has a wrong checksum')
  const type = String.fromCharCode(block[fields.type[0]] ?? 0)
  const name = readText(block, fields.name)
  return {
    name: withPrefix(block, name),
    mode: readNumber(block, fields.mode),
    uid: readNumber(block, fields.uid),
    gid: readNumber(block, fields.gid),
    size: readNumber(block, fields.size),
    mtime: readNumber(block, fields.mtime, true),
    type: type === '\0' || type === '7' ? '0' : type,
    linkName: readText(block, fields.linkName),
    devMajor: type === '3' || type === '4' ? readNumber(block, fields.devMajor) : 0,
    devMinor: type === '3' || type === '4' ? readNumber(block, fields.devMinor) : 0,
  }
}

/** Decodes names: only UTF-8 without NUL is taken, so that what was checked is what the target's file system sees. */
export function decodeName(bytes: Uint8Array, what: string): string {
  if (!isUtf8(bytes)) throw malformed(`a ${what} is not UTF-8`)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (text.includes('\0'))
    throw new Fault('layer-unsafe', `a layer entry has a ${what} with a NUL byte; the image is not safe to unpack`)
  return text
}

/** Makes the fault for tar data that cannot be read. */
export function malformed(problem: string): Fault {
  return new Fault('image-invalid', `the layer is not a legal tar archive: ${problem}; push the image again`)
}

// GNU's own magic ("ustar  \0") uses the prefix area for other things.
function withPrefix(block: Buffer, name: string): string {
  const [at, length] = fields.magic
  if (block.toString('latin1', at, at + length).slice(0, 6) !== 'ustar\0') return name
  const isStar = block.toString('latin1', 508, 512) === 'tar\0'
  const prefix = readText(block, [fields.prefix[0], isStar ? starPrefixBytes : fields.prefix[1]])
  return prefix === '' ? name : `${prefix}/${name}`
}

function readText(block: Buffer, [at, length]: Field | readonly [number, number]): string {
  const end = block.indexOf(0, at)
  return decodeName(block.subarray(at, end < 0 || end > at + length ? at + length : end), 'name')
}

function readNumber(block: Buffer, [at, length]: Field, mayBeNegative = false): number {
  const lead = block[at] ?? 0
  if ((lead & 0x80) !== 0) return readBase256(block, at, length, mayBeNegative)
  const text = block
    .toString('latin1', at, at + length)
    .replace(/[\0 ]+$/, '')
    .trimStart()
  if (text === '') return 0
  if (!/^[0-7]+$/.test(text)) throw malformed('a header has a field that is no number')
  return Number.parseInt(text, 8)
}

// GNU and star write numbers that octal cannot hold as two's complement with the top bit set.
function readBase256(block: Buffer, at: number, length: number, mayBeNegative: boolean): number {
  const isNegative = ((block[at] ?? 0) & 0x40) !== 0
  if (isNegative && !mayBeNegative) throw malformed('a header has a negative number')
  let value = BigInt((block[at] ?? 0) & 0x7f)
  for (let i = at + 1; i < at + length; i += 1) value = (value << 8n) | BigInt(block[i] ?? 0)
  if (isNegative) value -= 1n << BigInt(length * 8 - 1)
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw malformed('a header has a number that is too large')
  return number
}
