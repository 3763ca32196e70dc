import { faultTable, logLevels, toFault } from '@slipway/base'
import { makeAgentLogger } from './logger.ts'
import { printGuestLine, startGuests } from './simulate/guest-park.ts'
import { guestsUsage, parseGuestsOptions, type GuestsOptions } from './simulate/simulate-options.ts'

/** Children of the command line must be gone within five seconds; a guest may be gone at any time anyway. */
const stopMs = 1500

async function run(options: GuestsOptions): Promise<void> {
  if (options.idsOnly) return console.log(options.ids.join('\n'))
  const asked = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.resolve())
  const level = logLevels.find((name) => name === process.env['SLIPWAY_LOG']) ?? 'error'
  const park = await startGuests(options, {
    say(line) {
      const text = options.json ? JSON.stringify(line) : printGuestLine(line, options.ids.length)
      if (text !== null) console.log(text)
    },
    // The lines that programs read are alone on stdout.
    logger: makeAgentLogger(level, (line) => void process.stderr.write(line)),
  })
  await asked.promise
  setTimeout(() => process.exit(0), stopMs).unref()
  await park.stop()
}

if (process.argv.includes('--help')) console.log(guestsUsage)
else {
  try {
    await run(parseGuestsOptions(process.argv.slice(2)))
    process.exit(0) // scripts that were ended may still hold a pipe
  } catch (error) {
    const fault = toFault(error)
    console.error(`slipway simulate: ${fault.message}${fault.code === 'usage' ? `\n\n${guestsUsage}` : ''}`)
    process.exit(faultTable[fault.code].exit)
  }
}
