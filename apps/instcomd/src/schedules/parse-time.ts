import { Fault } from '@slipway/base'

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/

/** Reads an RFC 3339 time. Throws `invalid-request` for anything else, such as a time without its zone. */
export function parseTime(text: string, name: string): Date {
  const time = new Date(rfc3339.test(text) ? text.toUpperCase().replace(' ', 'T') : Number.NaN)
  if (!Number.isNaN(time.getTime())) return time
  throw new Fault(
    'invalid-request',
    `${name}: “${text}” is not a time with its zone; write for example 2026-03-29T02:30:00Z`,
  )
}
