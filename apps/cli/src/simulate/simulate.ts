import { runProgram } from '../child-program.ts'
import { connect } from '../connect.ts'
import { adoptGuests, simulatedGuestIds } from './adopt-guests.ts'
import { splitArguments } from './split-arguments.ts'

/** `slipway simulate`: machines, guests, or both side by side; resolves with the first exit code that is not 0. */
export async function simulate(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) return simulateHelp()
  const { machines, guests, adopt } = splitArguments(args)
  if (guests && adopt) {
    const ids = await simulatedGuestIds(guests)
    const adopted = await adoptGuests(connect(), ids)
    console.error(`${adopted} of ${ids.length} guests adopted, the others were known`)
  }
  const codes = await Promise.all([
    ...(machines ? [runProgram('simulate', machines)] : []),
    ...(guests ? [runProgram('simulate-guests', guests)] : []),
  ])
  return codes.find((code) => code !== 0) ?? 0
}

async function simulateHelp(): Promise<number> {
  await runProgram('simulate', ['--help'])
  console.log()
  return runProgram('simulate-guests', ['--help'])
}
