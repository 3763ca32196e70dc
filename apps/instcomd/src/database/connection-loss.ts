import { Fault, isFault } from '@slipway/base'

/** Network errors of Node that mean: no PostgreSQL at the other end. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
])

/** SQLSTATEs after which the session is gone or was never there (PostgreSQL manual, appendix A). */
const lostStates = /^(08...|57P0[1-5]|53300)$/

/** Messages of `pg` for a connection that ended; it gives these no code. */
const lostMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout)/

/** Tells whether an error of `pg` means that the connection, not the statement, failed. */
export function isConnectionLoss(error: unknown): boolean {
  if (isFault(error, 'database-unavailable')) return true
  if (!(error instanceof Error)) return false
  const code = sqlState(error)
  if (code !== null && (networkCodes.has(code) || lostStates.test(code))) return true
  return lostMessages.test(error.message)
}

/** The error's SQLSTATE (`23505` = unique violation), or Node's error code; null when it has none. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

/** Gives a lost connection its published code; every other error passes as it is. */
export function asDatabaseError(error: unknown): unknown {
  if (isFault(error) || !isConnectionLoss(error)) return error
  return new Fault(
    'database-unavailable',
    'PostgreSQL cannot be reached; it is tried again by itself. If this lasts, see the log of instcomd and `slipway doctor`',
    { cause: error },
  )
}
