import { logLevels, type Logger, type LogLevel } from '@slipway/base'

/** A logger whose level can be changed while it runs (`configure {log_level}`). */
export interface AgentLogger extends Logger {
  setLevel(level: LogLevel): void
}

/**
 * JSON lines to stdout, which systemd puts into the journal. Not pino: its transports resolve modules at run time, which
 * a program compiled into one file by Bun cannot, and it alone would take a fifth of the agent's 15 MB of memory.
 */
export function makeAgentLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): AgentLogger {
  let lowest = logLevels.indexOf(level)
  const at = (level: LogLevel) => (fields: object, message: string) => {
    if (logLevels.indexOf(level) < lowest) return
    write(`${JSON.stringify({ level, time: new Date().toISOString(), msg: message, ...fields })}\n`)
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    setLevel: (next) => (lowest = logLevels.indexOf(next)),
  }
}
