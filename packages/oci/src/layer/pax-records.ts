import { decodeName, malformed } from './tar-header.ts'

/** What an extended header says that matters here; other keys (times, user names, comments) are left out. */
export interface PaxRecords {
  path?: string
  linkPath?: string
  size?: number
  uid?: number
  gid?: number
  mtime?: string
  readonly xattrs: Map<string, Uint8Array>
}

const newline = 0x0a
const space = 0x20
const equals = 0x3d
/** Linux bounds an attribute's name to 255 bytes and its value to 64 KiB (xattr(7)). */
const longestAttributeName = 255

/** Parses the body of a pax extended header (POSIX pax, "pax Header Block"); anything illegal throws `image-invalid`. */
export function parsePaxRecords(body: Buffer): PaxRecords {
  const records: PaxRecords = { xattrs: new Map() }
  let at = 0
  while (at < body.length) {
    const gap = body.indexOf(space, at)
    const digits = gap < 0 ? '' : body.toString('latin1', at, gap)
    const length = /^[1-9]\d{0,7}$/.test(digits) ? Number(digits) : 0
    const end = at + length
    const sign = body.indexOf(equals, gap)
    if (length === 0 || end > body.length || body[end - 1] !== newline || sign < 0 || sign >= end) {
      throw malformed('an extended header has a record with a wrong length')
    }
    take(records, body.toString('utf8', gap + 1, sign), body.subarray(sign + 1, end - 1))
    at = end
  }
  return records
}

// An empty value takes back what was said before (POSIX); there is nothing before within one header, so it is left out.
function take(records: PaxRecords, key: string, value: Buffer): void {
  if (key.startsWith('GNU.sparse.')) throw malformed('it has a sparse file, which image layers do not have')
  if (key.startsWith('SCHILY.xattr.')) return takeAttribute(records, key.slice('SCHILY.xattr.'.length), value)
  if (value.length === 0) return
  if (key === 'path') records.path = decodeName(value, 'name')
  else if (key === 'linkpath') records.linkPath = decodeName(value, 'link target')
  else if (key === 'size' || key === 'uid' || key === 'gid') records[key] = wholeNumber(value)
  else if (key === 'mtime') records.mtime = time(value)
}

function takeAttribute(records: PaxRecords, name: string, value: Buffer): void {
  // A name with "=" or a line break would read differently when written again.
  if (!/^[\x21-\x3c\x3e-\x7e]+$/.test(name) || name.length > longestAttributeName)
    throw malformed('an extended attribute has an illegal name')
  records.xattrs.set(name, Buffer.from(value))
}

function wholeNumber(value: Buffer): number {
  const text = value.toString('latin1')
  const number = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number))
    throw malformed('an extended header has a field that is no number')
  return number
}

function time(value: Buffer): string {
  const text = value.toString('latin1')
  if (!/^-?\d{1,12}(\.\d{0,20})?$/.test(text)) throw malformed('an extended header has an illegal time')
  return text.replace(/\.0*$/, '')
}
