import { faultTable, toFault } from '@slipway/base'
import { makeLogger } from './logger.ts'
import { printRackLine } from './simulate/print-rack-line.ts'
import { startRack } from './simulate/rack.ts'
import { stopAsked } from './stop-asked.ts'
import { parseSimulateOptions, simulateUsage, type SimulateOptions } from './simulate/simulate-options.ts'

/** Children of the command line must be gone within five seconds; the machines journal at every step anyway. */
const stopMs = 1500

async function run(options: SimulateOptions): Promise<void> {
  const stopped = stopAsked(stopMs)
  const rack = await startRack(options, {
    say: (line) => console.log(options.json ? JSON.stringify(line) : printRackLine(line)),
    loggerFor: (machineId) =>
      makeLogger({
        readable: process.stderr.isTTY,
        fd: 2,
        fields: machineId === null ? {} : { machine_id: machineId },
      }),
  })
  await stopped
  await rack.stop()
}

if (process.argv.includes('--help')) console.log(simulateUsage)
else {
  try {
    await run(parseSimulateOptions(process.argv.slice(2)))
    process.exit(0) // retries of first-boot reports may still wait
  } catch (error) {
    const fault = toFault(error)
    console.error(`slipway simulate: ${fault.message}${fault.code === 'usage' ? `\n\n${simulateUsage}` : ''}`)
    process.exit(faultTable[fault.code].exit)
  }
}
