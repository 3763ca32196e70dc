import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { printPlan } from '../output/print-plan.ts'
import { findMachine } from './find-machine.ts'
import { readTextFile } from './read-text-file.ts'

/** `slipway plan MACHINE FILE`: what an installation would do; touches nothing. */
export function addPlanCommand(program: Command): void {
  program
    .command('plan <machine> <file>')
    .description('show what an installation would do, step by step; touches nothing')
    .option('--json', 'print JSON')
    .action(async (name: string, file: string, options: { json?: boolean }) => {
      const kdl = readTextFile(file)
      const client = connect()
      const machine = await findMachine(client, name)
      const answer = await client.call('makePlan', { body: { machine_id: machine.machine_id, kdl } })
      if (options.json) return printJson(answer)
      print(printPlan(answer.plan, answer.plan_sha256))
    })
}
