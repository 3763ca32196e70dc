/** The four levels of every log in the product, in rising order. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const

/** One of the four levels. */
export type LogLevel = (typeof logLevels)[number]

/** What packages need of a logger: pino satisfies it. Fields first, as pino has it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** A logger that drops everything. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
