import { CommanderError } from 'commander'
import { printFault } from './output/print-fault.ts'
import { makeProgram } from './program.ts'

try {
  await makeProgram().parseAsync(process.argv)
} catch (error) {
  process.exitCode = endWith(error)
}

/** Commander has printed its own usage errors already; help and version end well. */
function endWith(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return printFault(error)
}
