import { logLevels, type Logger } from '@slipway/base'
import { pino } from 'pino'

/** One JSON object a line, or `[INFO] message key=value` for people at a terminal or a console (api.md, "Logs"). */
export function makeLogger(options: { readable: boolean; fd?: 1 | 2; fields?: object }): Logger {
  const out = options.fd === 2 ? process.stderr : process.stdout
  const wanted = process.env['SLIPWAY_LOG'] ?? 'info'
  const level = logLevels.find((known) => known === wanted) ?? 'info'
  const settings = {
    level,
    base: options.fields ?? {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) }, // words, as instcomd logs them
  }
  const write = options.readable ? (line: string) => out.write(readable(line)) : (line: string) => out.write(line)
  return pino(settings, { write })
}

function readable(line: string): string {
  const { level, msg, time: _time, ...fields } = JSON.parse(line) as Record<string, unknown> // pino wrote it
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return `[${String(level).toUpperCase()}] ${String(msg)}${rest.join('')}\n`
}
