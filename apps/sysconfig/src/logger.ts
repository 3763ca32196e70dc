import type { Logger, LogLevel } from '@slipway/base'

/** One JSON object per line on standard error, in pino's field names: the journal keeps it, standard output stays clean. */
export function makeLogger(least: LogLevel): Logger {
  const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
  const write = (level: LogLevel) => (fields: object, message: string) => {
    if (order.indexOf(level) < order.indexOf(least)) return
    process.stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg: message })}\n`)
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
