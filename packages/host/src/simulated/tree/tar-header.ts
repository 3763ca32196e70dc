import { Fault } from '@slipway/base'

/** What a tar header says of its entry; `type` is the type flag (tar(5)), `0` for a regular file. */
export interface TarHeader {
  readonly path: string
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly link: string
  readonly device: string
}

/** Records of a PAX extended header by name. */
export type PaxRecords = Readonly<Record<string, string>>

/** Reads one block of 512 bytes, with the PAX records before it; throws `image-invalid` when its checksum is wrong. */
export function parseTarHeader(block: Uint8Array, pax: PaxRecords): TarHeader {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length)
  if (checksum(bytes) !== octal(bytes, 148, 8)) {
    throw new Fault('image-invalid', 'a layer’s tar has a header with a wrong checksum; the image is damaged')
  }
  const flag = String.fromCharCode(bytes[156] ?? 0)
  const type = flag === '\0' || flag === '7' ? '0' : flag
  const prefix = text(bytes, 257, 5) === 'ustar' && bytes[262] === 0 ? text(bytes, 345, 155) : ''
  const name = text(bytes, 0, 100)
  return {
    path: pax['path'] ?? (prefix === '' ? name : `${prefix}/${name}`),
    type,
    mode: octal(bytes, 100, 8) & 0o7777,
    uid: Number(pax['uid'] ?? octal(bytes, 108, 8)),
    gid: Number(pax['gid'] ?? octal(bytes, 116, 8)),
    size: hasContent(type) ? checkedSize(Number(pax['size'] ?? octal(bytes, 124, 12))) : 0,
    link: pax['linkpath'] ?? text(bytes, 157, 100),
    device: type === '3' || type === '4' ? `${octal(bytes, 329, 8)}:${octal(bytes, 337, 8)}` : '',
  }
}

/** Links, devices, directories and FIFOs have no content, whatever their size field says (tar(5)). */
function hasContent(type: string): boolean {
  return !['1', '2', '3', '4', '5', '6'].includes(type)
}

function checkedSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 0) return size
  throw new Fault('image-invalid', 'a layer’s tar has an entry of impossible size; the image is damaged')
}

/** The sum of the header's bytes with the checksum field taken as spaces. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let index = 0; index < 512; index += 1) sum += index >= 148 && index < 156 ? 32 : (bytes[index] ?? 0)
  return sum
}

function text(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start)
  return bytes.toString('utf8', start, end < 0 || end > start + length ? start + length : end)
}

/** Octal text, or GNU's base 256 when the first bit is set. */
function octal(bytes: Buffer, start: number, length: number): number {
  const first = bytes[start] ?? 0
  if ((first & 0x80) === 0) return Number.parseInt(text(bytes, start, length).trim() || '0', 8)
  let value = first & 0x7f
  for (let index = 1; index < length; index += 1) value = value * 256 + (bytes[start + index] ?? 0)
  return value
}

/** Reads `LENGTH KEY=VALUE\n` records; LENGTH counts the whole record in bytes (POSIX pax, "extended header"). */
export function parsePax(content: Buffer): PaxRecords {
  const records: Record<string, string> = {}
  let offset = 0
  while (offset < content.length) {
    const space = content.indexOf(0x20, offset)
    const length = Number.parseInt(content.toString('latin1', offset, space), 10)
    if (space < 0 || !(length > 0) || offset + length > content.length) {
      throw new Fault('image-invalid', 'a layer’s tar has a malformed PAX header; the image is damaged')
    }
    const record = content.toString('utf8', space + 1, offset + length - 1)
    const equals = record.indexOf('=')
    records[record.slice(0, equals)] = record.slice(equals + 1)
    offset += length
  }
  return records
}
