import type { Command } from 'commander'
import type { Installation } from '@slipway/protocol'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { printTable } from '../output/print-table.ts'
import { watchInstallation } from './watch-installation.ts'

/** `slipway installs list|show|logs|cancel|resume|rollback`. */
export function addInstallsCommands(program: Command): void {
  const installs = program.command('installs').description('installations')
  installs
    .command('list')
    .description('list installations, newest first')
    .option('--machine <id>', 'only those of this machine')
    .option('--json', 'print JSON')
    .action(async (options: { machine?: string; json?: boolean }) => {
      const page = await connect().call('listInstallations', {
        query: options.machine ? { machine_id: options.machine } : {},
      })
      if (options.json) return printJson(page)
      if (page.items.length === 0) return print('No installations yet. Start one with: slipway install MACHINE FILE')
      print(printTable(headings, page.items.map(installationRow)))
    })
  installs
    .command('show <id>')
    .description('one installation with its steps')
    .option('--watch', 'stay until it ends')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { watch?: boolean; json?: boolean }) => {
      const client = connect()
      if (options.watch) {
        process.exitCode = await watchInstallation(client, id)
        return
      }
      const installation = await client.call('getInstallation', { params: { id } })
      const timeline = await client.call('getTimeline', { params: { id } })
      if (options.json) return printJson({ ...installation, timeline: timeline.steps })
      print(printTable(headings, [installationRow(installation)]))
      const { error } = installation.progress
      if (error) print(`\n${error.message} [${error.code}]\n  cure: ${error.cure}`)
      const steps = timeline.steps.map((step) => [step.outcome, duration(step.started_at, step.ended_at), step.title])
      print(`\n${printTable(['outcome', 'seconds', 'step'], steps)}`)
    })
  installs
    .command('logs <id>')
    .description('an installation’s log')
    .option('--follow', 'stay and print what comes')
    .option('--level <level>', 'least level: debug, info, warn or error', 'info')
    .option('--after <seq>', 'only lines after this number', Number, 0)
    .option('--json', 'print NDJSON')
    .action(async (id: string, options: LogOptions) => {
      const query = { after: options.after, level: options.level, follow: options.follow ? 'true' : 'false' } as const
      for await (const line of connect().stream('getLogs', { params: { id }, query })) {
        print(options.json ? JSON.stringify(line) : `${line.at} ${line.level.padEnd(5)} ${line.message}`)
      }
    })
  const actions = [
    ['cancel', 'cancelInstallation', 'stop an installation'],
    ['resume', 'resumeInstallation', 'go on with an installation that waits for its machine'],
    ['rollback', 'rollbackInstallation', 'take an installation’s finished steps back'],
  ] as const
  for (const [verb, route, description] of actions) {
    installs
      .command(`${verb} <id>`)
      .description(description)
      .option('--claim <id>', 'the claim you hold')
      .action(async (id: string, options: { claim?: string }) => {
        const body = options.claim ? { body: { claim_id: options.claim } } : {}
        const progress = await connect().call(route, { params: { id }, ...body })
        print(`${id} ${progress.status}`)
      })
  }
}

interface LogOptions {
  follow?: boolean
  level: 'debug' | 'info' | 'warn' | 'error'
  after: number
  json?: boolean
}

const headings = ['installation', 'machine', 'status', 'percent', 'image', 'created']

function installationRow(item: Installation): (string | number | null)[] {
  const { progress } = item
  return [item.installation_id, item.machine_id, item.status, progress.percent, item.image.reference, item.created_at]
}

function duration(from: string | null, to: string | null): string | null {
  return from && to ? ((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1) : null
}
