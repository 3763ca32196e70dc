import { createHash } from 'node:crypto'
import { Fault } from '@slipway/base'

/** The digest that names these bytes, as `sha256:` and 64 hex digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The fault for bytes that are not what their name says; `where` tells which server sent them. */
export function digestMismatch(what: string, expected: string, actual: string, where: string): Fault {
  return new Fault(
    'image-digest-mismatch',
    `${what} from ${where} has the digest ${actual} instead of ${expected}; the registry, a mirror or a proxy serves damaged data`,
    { details: { expected, actual, source: where } },
  )
}
