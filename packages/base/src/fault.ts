import { faultTable, type FaultCode } from './fault-table.ts'

/** Facts beside an error's message: JSON values only, snake_case keys, never a secret. */
export type FaultDetails = Readonly<Record<string, unknown>>

/**
 * The one class that is thrown on purpose.
 * The message says what happened, to what, and what to do; `code` is a key of `faultTable`.
 */
export class Fault extends Error {
  readonly code: FaultCode
  readonly details: FaultDetails
  override readonly name = 'Fault'

  constructor(code: FaultCode, message: string, options: { cause?: unknown; details?: FaultDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Tells whether a caught value is a Fault, optionally of one code. */
export function isFault(value: unknown, code?: FaultCode): value is Fault {
  return value instanceof Fault && (code === undefined || value.code === code)
}

/** Tells whether a string is a known code; for errors that arrive over a wire. */
export function isFaultCode(value: unknown): value is FaultCode {
  return typeof value === 'string' && Object.hasOwn(faultTable, value)
}

/** Turns whatever was caught into a Fault; an unknown value becomes `internal` and keeps its cause. */
export function toFault(value: unknown): Fault {
  if (value instanceof Fault) return value
  const message = value instanceof Error ? value.message : String(value)
  return new Fault('internal', message, { cause: value })
}
