import { isFault } from '@slipway/base'
import { executionStatuses, type ExecutionStatus, type ScriptExecution } from '@slipway/protocol'
import { Option, type Command } from 'commander'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { printTable } from '../output/print-table.ts'
import { findMachine } from './find-machine.ts'
import { findScript } from './find-script.ts'
import { followRuns } from './follow-runs.ts'

interface ListOptions {
  machine?: string
  script?: string
  status?: ExecutionStatus
  json?: boolean
}

/** `slipway runs list|show|cancel`. */
export function addRunsCommands(program: Command): void {
  const runs = program.command('runs').description('executions of scripts')
  runs
    .command('list')
    .description('list executions, newest first')
    .option('--machine <machine>', 'only those on this machine')
    .option('--script <script>', 'only those of this script')
    .addOption(new Option('--status <status>', 'only those in this status').choices(executionStatuses))
    .option('--json', 'print JSON')
    .action(async (options: ListOptions) => {
      const client = connect()
      const query = {
        ...(options.machine ? { machine_id: (await findMachine(client, options.machine)).machine_id } : {}),
        ...(options.script ? { script_id: (await findScript(client, options.script)).id } : {}),
        ...(options.status ? { status: options.status } : {}),
      }
      const page = await client.call('listScriptExecutions', { query })
      if (options.json) return printJson(page)
      if (page.items.length === 0) return print('No executions yet. Start one with: slipway run SCRIPT --on MACHINE')
      print(printTable(headings, page.items.map(runRow)))
    })
  runs
    .command('show <id...>')
    .description('executions with their output')
    .option('--follow', 'stay until they end')
    .option('--json', 'print JSON')
    .action(async (ids: string[], options: { follow?: boolean; json?: boolean }) => {
      const client = connect()
      const found = await Promise.all(ids.map((id) => client.call('getScriptExecution', { params: { id } })))
      if (options.json) return printJson(found.length === 1 ? found[0] : found)
      if (options.follow) {
        process.exitCode = await followRuns(
          client,
          found.map((run) => ({ id: run.id, name: run.machine_id })),
        )
        return
      }
      for (const run of found) print(describe(run))
    })
  runs
    .command('cancel <id...>')
    .description('cancel executions; a running one ends when its machine has killed it')
    .action(async (ids: string[]) => {
      const client = connect()
      for (const id of ids) {
        const run = await client.call('cancelScriptExecution', { params: { id } }).catch((error: unknown) => {
          // The others are still to be cancelled.
          if (ids.length === 1 || !isFault(error, 'execution-terminal')) throw error
          process.exitCode = 1
          return null
        })
        print(run ? `${id} ${run.status}${run.waiting ? `: ${run.waiting}` : ''}` : `${id} had ended`)
      }
    })
}

const headings = ['execution', 'script', 'machine', 'status', 'exit', 'attempt', 'created', 'waits']

function runRow(run: ScriptExecution): (string | number | null)[] {
  return [run.id, run.script_name, run.machine_id, run.status, run.exit_code, run.attempt, run.created_at, run.waiting]
}

function describe(run: ScriptExecution): string {
  const notes = [
    ...(run.error ? [`error: ${run.error}`] : []),
    ...(run.late_result ? [`late result: ${JSON.stringify(run.late_result)}`] : []),
    ...(run.truncated ? ['the output was longer than what is kept'] : []),
  ]
  const streams = [
    ...(run.stdout === '' ? [] : [`\nstdout (${run.stdout_bytes} bytes)\n${run.stdout}`]),
    ...(run.stderr === '' ? [] : [`\nstderr (${run.stderr_bytes} bytes)\n${run.stderr}`]),
  ]
  return [printTable(headings, [runRow(run)]), ...notes, ...streams].join('\n')
}
