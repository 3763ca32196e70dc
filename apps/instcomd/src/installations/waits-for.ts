import { isFault, type FaultCode } from '@slipway/base'

/** What is cured by waiting: the machine, its trust, or the database come back, and the same installation goes on. */
const waitingCodes: ReadonlySet<FaultCode> = new Set([
  'machine-unreachable',
  'machine-not-enrolled',
  'certificate-refused',
  'unavailable',
  'database-unavailable',
])

/** Tells whether an interruption is waited out; everything else ends the installation. */
export function waitsFor(error: unknown): boolean {
  return isFault(error) && waitingCodes.has(error.code)
}
