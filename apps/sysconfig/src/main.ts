import { makeLogger } from './logger.ts'
import { runProgram } from './program.ts'

const stop = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))

process.exitCode = await runProgram(process.argv.slice(2), {
  logger: makeLogger(process.env.SLIPWAY_LOG_LEVEL === 'debug' ? 'debug' : 'info'),
  signal: stop.signal,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
})
