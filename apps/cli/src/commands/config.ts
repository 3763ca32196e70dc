import type { Command } from 'commander'
import { checkConfig, formatConfig, printFindings } from '@slipway/machine-config'
import type { ConfigCheck } from '@slipway/protocol'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { findMachine } from './find-machine.ts'
import { readTextFile } from './read-text-file.ts'

/** `slipway config check|format`: no server is needed unless `--machine` is given. */
export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('machine configs (KDL)')
  config
    .command('check <file>')
    .description('check a machine config; exit 3 when it has errors')
    .option('--machine <machine>', 'check against this machine’s hardware, by the server')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { machine?: string; json?: boolean }) => {
      const text = readTextFile(file)
      const check = options.machine ? await checkOnServer(text, options.machine) : checkConfig(text, { file })
      if (options.json) printJson(check)
      else print(describeCheck(check, file))
      if (!check.valid) process.exitCode = 3
    })
  config
    .command('format <file>')
    .description('print a machine config in canonical form')
    .option('--kdl1', 'print KDL version 1')
    .action((file: string, options: { kdl1?: boolean }) => {
      const text = readTextFile(file)
      const formatted = formatConfig(text, { kdl1: options.kdl1 ?? false })
      if (formatted.ok) return void process.stdout.write(formatted.value)
      process.stderr.write(`${printFindings(formatted.error, file)}\n`)
      process.exitCode = 3
    })
}

async function checkOnServer(kdl: string, name: string): Promise<ConfigCheck> {
  const client = connect()
  const machine = await findMachine(client, name)
  return client.call('checkConfig', { body: { kdl, machine_id: machine.machine_id } })
}

function describeCheck(check: ConfigCheck, file: string): string {
  const count = { error: 0, warning: 0, info: 0 }
  for (const finding of check.findings) count[finding.severity] += 1
  const summary = check.valid ? `${file}: valid` : `${file}: ${plural(count.error, 'error')}`
  const rest = [
    ...(count.warning ? [plural(count.warning, 'warning')] : []),
    ...(count.info ? [plural(count.info, 'note')] : []),
  ]
  const lines = check.findings.length > 0 ? [printFindings(check.findings, file)] : []
  return [...lines, [summary, ...rest].join(', ')].join('\n')
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
