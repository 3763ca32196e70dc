import { Fault } from '@slipway/base'

/** Makes the opaque cursor of a list from the last row's key. */
export function printCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url')
}

/** Reads a cursor; none is the start of the list. Throws `invalid-request` for what no list gave out. */
export function parseCursor(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (printCursor(key) !== cursor)
    throw new Fault('invalid-request', 'cursor is not one that a list gave; leave it out to start over')
  return key
}
