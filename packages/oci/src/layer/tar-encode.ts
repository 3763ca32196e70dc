import { blockBytes } from './tar-header.ts'

/** One entry as it is written; `xattrs` are raw values, `mtime` seconds as text with an optional fraction. */
export interface TarEntry {
  readonly path: string
  readonly type: '0' | '1' | '2' | '3' | '4' | '5' | '6'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: string
  readonly linkName: string
  readonly devMajor: number
  readonly devMinor: number
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

const largestOctal7 = 0o7777777
const largestOctal11 = 0o77777777777

/**
 * Writes the header block of an entry into `block` and returns the blocks that must stand before it: none, or one pax
 * extended header with what ustar cannot hold. Canonical: the same entry always gives the same bytes; no user names.
 */
export function encodeTarEntry(entry: TarEntry, block: Buffer): Buffer[] {
  const records = paxRecords(entry)
  const ahead = records.length === 0 ? [] : encodePax(Buffer.concat(records))
  writeUstar(entry, block)
  return ahead
}

/** The two zero blocks that end an archive. */
export const tarEnd = Buffer.alloc(2 * blockBytes)

/** How many bytes of padding follow a body. */
export function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes
}

function paxRecords(entry: TarEntry): Buffer[] {
  const records: Buffer[] = []
  if (splitName(entry.path) === null) records.push(record('path', Buffer.from(entry.path)))
  if (!fits(entry.linkName, 100)) records.push(record('linkpath', Buffer.from(entry.linkName)))
  if (entry.size > largestOctal11) records.push(record('size', Buffer.from(String(entry.size))))
  if (entry.uid > largestOctal7) records.push(record('uid', Buffer.from(String(entry.uid))))
  if (entry.gid > largestOctal7) records.push(record('gid', Buffer.from(String(entry.gid))))
  if (wholeSeconds(entry.mtime) === null) records.push(record('mtime', Buffer.from(entry.mtime)))
  for (const [name, value] of [...entry.xattrs].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    records.push(record(`SCHILY.xattr.${name}`, value))
  }
  return records
}

// "LENGTH KEY=VALUE\n", where LENGTH counts itself (POSIX pax, "pax Header Block").
function record(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length + String(rest.length).length
  if (rest.length + String(length).length !== length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function encodePax(body: Buffer): Buffer[] {
  const header = Buffer.alloc(blockBytes)
  const blank = { uid: 0, gid: 0, mtime: '0', linkName: '', devMajor: 0, devMinor: 0, xattrs: new Map() }
  writeUstar({ ...blank, path: 'PaxHeaders/entry', type: '0', mode: 0o644, size: body.length }, header, 'x')
  return [header, body, Buffer.alloc(paddingOf(body.length))]
}

function writeUstar(entry: TarEntry, block: Buffer, type: string = entry.type): void {
  block.fill(0)
  const split = splitName(entry.path)
  // What does not fit stands in the pax header; its cut form here is never used by a reader that knows pax.
  block.write(split?.name ?? cut(entry.path), 0, 100, 'utf8')
  block.write(split?.prefix ?? '', 345, 155, 'utf8')
  writeOctal(block, 100, 7, entry.mode)
  writeOctal(block, 108, 7, entry.uid > largestOctal7 ? 0 : entry.uid)
  writeOctal(block, 116, 7, entry.gid > largestOctal7 ? 0 : entry.gid)
  writeOctal(block, 124, 11, entry.size > largestOctal11 ? 0 : entry.size)
  writeOctal(block, 136, 11, wholeSeconds(entry.mtime) ?? 0)
  block.write(type, 156, 1, 'latin1')
  block.write(fits(entry.linkName, 100) ? entry.linkName : cut(entry.linkName), 157, 100, 'utf8')
  block.write('ustar\u000000', 257, 8, 'latin1')
  writeOctal(block, 329, 7, entry.devMajor)
  writeOctal(block, 337, 7, entry.devMinor)
  block.fill(0x20, 148, 156)
  let sum = 0
  for (let i = 0; i < blockBytes; i += 1) sum += block[i] ?? 0
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
}

function writeOctal(block: Buffer, at: number, digits: number, value: number): void {
  block.write(value.toString(8).padStart(digits, '0'), at, digits, 'latin1')
}

function fits(text: string, bytes: number): boolean {
  return text.length <= bytes && Buffer.byteLength(text) <= bytes
}

function cut(text: string): string {
  return Buffer.from(text)
    .subarray(0, 99)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '_')
}

/** Divides a path at a slash into ustar's prefix and name; null when it fits no way. */
function splitName(path: string): { prefix: string; name: string } | null {
  if (fits(path, 100)) return { prefix: '', name: path }
  if (!fits(path, 256)) return null
  for (
    let slash = path.indexOf('/', path.length - 101);
    slash > 0 && slash < path.length - 1;
    slash = path.indexOf('/', slash + 1)
  ) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)]
    if (fits(prefix, 155) && fits(name, 100)) return { prefix, name }
  }
  return null
}

function wholeSeconds(mtime: string): number | null {
  return /^\d{1,11}$/.test(mtime) && Number(mtime) <= largestOctal11 ? Number(mtime) : null
}
