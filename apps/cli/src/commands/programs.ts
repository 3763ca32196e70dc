import type { Command } from 'commander'
import { runProgram } from '../child-program.ts'
import { simulate } from '../simulate/simulate.ts'

type Run = (args: readonly string[]) => Promise<number>

const programs: readonly (readonly [string, string, Run])[] = [
  ['server', 'run the control plane (instcomd)', (args) => runProgram('server', args)],
  ['simulate', 'run simulated machines, and guests with an agent: the real protocols, all else modelled', simulate],
]

/** `slipway server|simulate`: other programs, with their own options. */
export function addProgramCommands(program: Command): void {
  for (const [verb, description, run] of programs) addPassThrough(program, verb, description, run)
}

/** Everything behind the verb goes to the program as it stands, `--help` too. */
function addPassThrough(parent: Command, verb: string, description: string, run: Run): void {
  parent
    .command(verb)
    .description(description)
    .argument('[options...]', 'see --help')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      process.exitCode = await run(args)
    })
}
