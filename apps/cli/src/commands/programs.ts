import type { Command } from 'commander'
import { runProgram } from '../child-program.ts'
import type { ProgramName } from '../repository.ts'

const programs: readonly (readonly [ProgramName, string, string])[] = [
  ['server', 'server', 'run the control plane (instcomd)'],
  ['simulate', 'simulate', 'run simulated machines: the real protocol on modelled disks'],
]

/** `slipway server|simulate`: other programs, with their own options. */
export function addProgramCommands(program: Command): void {
  for (const [name, verb, description] of programs) addPassThrough(program, name, verb, description)
}

/** Everything behind the verb goes to the program as it stands, `--help` too. */
function addPassThrough(parent: Command, name: ProgramName, verb: string, description: string): void {
  parent
    .command(verb)
    .description(description)
    .argument('[options...]', 'see --help')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      process.exitCode = await runProgram(name, args)
    })
}
