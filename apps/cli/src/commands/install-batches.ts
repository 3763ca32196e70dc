import type { Client } from '@slipway/client'
import { checkConfig } from '@slipway/machine-config'
import type { BatchMachineCheck } from '@slipway/protocol'
import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { confirm } from './confirm.ts'
import { findMachine } from './find-machine.ts'
import { readTextFile } from './read-text-file.ts'
import { readValuesFile } from './read-values-file.ts'
import { printBatches, printMachines, printStates, watchBatch } from './watch-batch.ts'

interface StartOptions {
  name: string
  values: string
  yes?: boolean
  detach?: boolean
  json?: boolean
}

/** `slipway install-batches check|start|list|show|cancel`: one config for many machines. */
export function addInstallBatchesCommands(program: Command): void {
  const batches = program.command('install-batches').description('many machines from one config')
  batches
    .command('check <file>')
    .description('check the config with each machine’s values; touches nothing')
    .requiredOption('--values <file>', valuesHelp)
    .option('--json', 'print JSON')
    .action(async (file: string, options: { values: string; json?: boolean }) => {
      const client = connect()
      const body = await readWish(client, file, options.values)
      const checked = await client.call('checkInstallBatch', { body })
      if (options.json) printJson(checked)
      else for (const machine of checked.machines) print(describe(machine))
      if (!checked.valid) process.exitCode = 3
    })
  batches
    .command('start <file>')
    .description('install on every machine, or on none, and watch; Ctrl-C detaches')
    .requiredOption('--name <name>', 'what the batch is called')
    .requiredOption('--values <file>', valuesHelp)
    .option('--yes', 'do not ask before data is destroyed')
    .option('--detach', 'print the batch’s id and return')
    .option('--json', 'with --detach: print JSON')
    .action(async (file: string, options: StartOptions) => {
      process.exitCode = await start(file, options)
    })
  batches
    .command('list')
    .description('list batches, newest first')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const page = await connect().call('listInstallBatches', {})
      if (options.json) return printJson(page)
      if (page.items.length === 0) return print('No batches yet. Start one with: slipway install-batches start FILE')
      print(printBatches(page.items))
    })
  batches
    .command('show <id>')
    .description('one batch with its machines')
    .option('--watch', 'stay until all have ended')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { watch?: boolean; json?: boolean }) => {
      const client = connect()
      if (options.watch) {
        process.exitCode = await watchBatch(client, id)
        return
      }
      const batch = await client.call('getInstallBatch', { params: { id } })
      if (options.json) return printJson(batch)
      printMachines(batch)
    })
  batches
    .command('cancel <id>')
    .description('cancel every installation of a batch that has not ended')
    .action(async (id: string) => {
      const batch = await connect().call('cancelInstallBatch', { params: { id } })
      print(`${id}: ${printStates(batch)}`)
    })
}

const valuesHelp = 'CSV (machine,/sysconfig/hostname,…) or JSON: each machine’s values'

async function start(file: string, options: StartOptions): Promise<number> {
  const client = connect()
  const wish = await readWish(client, file, options.values)
  const checked = await client.call('checkInstallBatch', { body: wish })
  const lossy = checked.machines.filter(({ destroys }) => destroys.length > 0)
  if (checked.valid && lossy.length > 0 && !options.yes) {
    for (const machine of lossy) print(describe(machine))
    await confirm(options.name, 'the plans destroy data')
  }
  // What cannot be installed is refused by the server itself, which says all that is against it.
  const machines = wish.machines.map((machine, index) => {
    const digest = checked.machines[index]?.plan_sha256
    return digest ? { ...machine, plan_sha256: digest } : machine
  })
  const batch = await client.call('addInstallBatch', { body: { name: options.name, kdl: wish.kdl, machines } })
  if (options.detach) {
    if (options.json) printJson(batch)
    else print(batch.id)
    return 0
  }
  print(`Batch ${batch.id} of ${batch.machines_total} machines`)
  return watchBatch(client, batch.id)
}

async function readWish(client: Client, file: string, valuesFile: string) {
  const kdl = readTextFile(file)
  const rows = readValuesFile(valuesFile, checkConfig(kdl).config)
  const machines = []
  for (const { machine, values } of rows)
    machines.push({ machine_id: (await findMachine(client, machine)).machine_id, values })
  return { kdl, machines }
}

function describe({ machine_id, valid, findings, error, destroys }: BatchMachineCheck): string {
  const lines = findings.map(({ pointer, message, cure }) => `  ${pointer}: ${message} ${cure}`)
  if (error) lines.push(`  ${error.message} [${error.code}]`)
  for (const { device, serial, contents } of destroys)
    lines.push(`  destroys ${device}${serial === null ? '' : ` (serial ${serial})`}: ${contents}`)
  return [`${machine_id}: ${valid ? 'can be installed' : 'cannot be installed'}`, ...lines].join('\n')
}
