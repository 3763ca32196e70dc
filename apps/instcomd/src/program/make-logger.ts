import type { Logger, LogLevel } from '@slipway/base'
import { pino } from 'pino'

/** Fields that could carry a secret never reach a log, wherever they stand at the first two levels. */
const secretKeys = ['token', 'secret', 'password', 'authorization', 'cookie', 'csr_pem', 'key_pem', 'code']

/** One JSON object a line, or readable lines on a terminal (api.md); to standard output. */
export function makeLogger(options: { level: LogLevel; readable: boolean; write?: (line: string) => void }): Logger {
  const write = options.write ?? ((line: string) => void process.stdout.write(line))
  if (options.readable) return makeReadableLogger(options.level, write)
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretKeys.filter((key) => key !== 'code').flatMap((key) => [key, `*.${key}`]), censor: '***' },
    },
    { write },
  )
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** The published patterns: `[INFO] Machine discovered: server-001 at 192.168.1.100`. Fields are for machines, not for here. */
function makeReadableLogger(level: LogLevel, write: (line: string) => void): Logger {
  const at = (own: LogLevel) => (fields: object, message: string) => {
    if (order.indexOf(own) < order.indexOf(level)) return
    write(`[${own.toUpperCase()}] ${message}${printCause(fields, level)}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** What went wrong belongs to the line; where in the code only to a debug log. */
function printCause(fields: object, level: LogLevel): string {
  if (!('err' in fields) || !(fields.err instanceof Error)) return ''
  return level === 'debug' ? `\n${fields.err.stack}` : `: ${fields.err.message}`
}
