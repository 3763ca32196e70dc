import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { planDestroysData, printPlan } from '../output/print-plan.ts'
import { confirm } from './confirm.ts'
import { findMachine } from './find-machine.ts'
import { readTextFile } from './read-text-file.ts'
import { watchInstallation } from './watch-installation.ts'

/** `slipway install MACHINE FILE [--yes]`: plans, asks before data is lost, installs, watches. */
export function addInstallCommand(program: Command): void {
  program
    .command('install <machine> <file>')
    .description('install a machine and watch it; Ctrl-C detaches')
    .option('--yes', 'do not ask before data is destroyed')
    .option('--claim <id>', 'use a claim you already hold')
    .option('--detach', 'print the installation’s id and return')
    .option('--json', 'with --detach: print JSON')
    .action(async (name: string, file: string, options: InstallOptions) => {
      process.exitCode = await install(name, file, options)
    })
}

interface InstallOptions {
  yes?: boolean
  claim?: string
  detach?: boolean
  json?: boolean
}

async function install(name: string, file: string, options: InstallOptions): Promise<number> {
  const kdl = readTextFile(file)
  const client = connect()
  const machine = await findMachine(client, name)
  const { plan, plan_sha256 } = await client.call('makePlan', { body: { machine_id: machine.machine_id, kdl } })
  if (planDestroysData(plan) && !options.yes) {
    print(printPlan(plan, plan_sha256))
    await confirm(machine.hostname ?? machine.machine_id, 'this plan destroys data')
  }
  const body = {
    machine_id: machine.machine_id,
    kdl,
    plan_sha256,
    ...(options.claim ? { claim_id: options.claim } : {}),
  }
  const { installation_id } = await client.call('install', { body, idempotencyKey: crypto.randomUUID() })
  if (options.detach) {
    if (options.json) printJson({ installation_id })
    else print(installation_id)
    return 0
  }
  print(`Installation ${installation_id} of ${machine.hostname ?? machine.machine_id}`)
  return watchInstallation(client, installation_id)
}
