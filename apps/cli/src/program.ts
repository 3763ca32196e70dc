import { Command } from 'commander'
import { addConfigCommands } from './commands/config.ts'
import { addDemoCommand } from './commands/demo.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addGuestsCommands } from './commands/guests.ts'
import { addInstallCommand } from './commands/install.ts'
import { addInstallBatchesCommands } from './commands/install-batches.ts'
import { addInstallsCommands } from './commands/installs.ts'
import { addLiveImageCommand } from './commands/live-image.ts'
import { addLoginCommand } from './commands/login.ts'
import { addMachinesCommands } from './commands/machines.ts'
import { addPlanCommand } from './commands/plan.ts'
import { addProgramCommands } from './commands/programs.ts'
import { addRunCommand } from './commands/run.ts'
import { addRunsCommands } from './commands/runs.ts'
import { addScriptsCommands } from './commands/scripts.ts'

/** Builds the whole command line; nothing runs until it is parsed. */
export function makeProgram(): Command {
  const program = new Command('slipway')
    .description('From a machine’s first packet to a managed host')
    .version('0.1.0')
    .showHelpAfterError('(run with --help for what is possible)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Environment: SLIPWAY_URL (default: of slipway login, else http://127.0.0.1:4000), SLIPWAY_TOKEN, SLIPWAY_DATA_DIR, SLIPWAY_CACHE
Exit codes:  0 done, 1 failed, 2 usage, 3 invalid config, 4 refused, 5 unreachable`,
    )
  addDemoCommand(program)
  addProgramCommands(program)
  addLiveImageCommand(program)
  addLoginCommand(program)
  addMachinesCommands(program)
  addConfigCommands(program)
  addPlanCommand(program)
  addInstallCommand(program)
  addInstallsCommands(program)
  addInstallBatchesCommands(program)
  addGuestsCommands(program)
  addScriptsCommands(program)
  addRunCommand(program)
  addRunsCommands(program)
  addDoctorCommand(program)
  return program
}
