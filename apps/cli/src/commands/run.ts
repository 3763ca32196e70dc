import { Fault, parseDuration } from '@slipway/base'
import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { print, printJson } from '../output/print.ts'
import { findMachine } from './find-machine.ts'
import { findScript } from './find-script.ts'
import { followRuns } from './follow-runs.ts'
import { readTextFile } from './read-text-file.ts'

interface RunOptions {
  on: string[]
  input: string[]
  inputFile: string[]
  at?: string
  every?: string
  max?: string
  as?: string
  timeout?: string
  detach?: boolean
  json?: boolean
}

const collect = (value: string, list: string[]) => [...list, value]

/** `slipway run SCRIPT --on MACHINE…`: runs a script and follows its output; Ctrl-C detaches. */
export function addRunCommand(program: Command): void {
  program
    .command('run <script>')
    .description('run a script on machines and follow its output; Ctrl-C detaches')
    .requiredOption('--on <machine...>', 'machines, by id or host name')
    .option('--input <name=value>', 'value of an input (repeat it for more)', collect, [])
    .option(
      '--input-file <name=file>',
      'value of an input from a file, or - for standard input: for passwords',
      collect,
      [],
    )
    .option('--at <time>', 'run at this time (RFC 3339), do not wait for it')
    .option('--every <duration>', 'run now (or at --at) and then every 15m, 2h, 1d')
    .option('--max <count>', 'with --every: so many runs')
    .option('--as <user>', 'run as this user')
    .option('--timeout <duration>', 'kill it after this time')
    .option('--detach', 'print the ids and return')
    .option('--json', 'with --detach, --at or --every: print JSON')
    .action(async (name: string, options: RunOptions) => {
      process.exitCode = await run(name, options)
    })
}

async function run(name: string, options: RunOptions): Promise<number> {
  const settings = readSettings(options)
  const client = connect()
  const script = await findScript(client, name)
  const machines = await Promise.all([...new Set(options.on)].map((one) => findMachine(client, one)))
  const names = new Map(machines.map((machine) => [machine.machine_id, machine.hostname ?? machine.machine_id]))
  const body = { script_id: script.id, machine_ids: [...names.keys()], ...settings }
  const made = await client.call('addScriptExecutions', { body, idempotencyKey: crypto.randomUUID() })
  const runs = made.executions.map(({ id, machine_id }) => ({ id, name: names.get(machine_id) ?? machine_id }))
  if (!options.detach && options.at === undefined && options.every === undefined) return followRuns(client, runs)
  if (options.json) printJson(made)
  else {
    for (const { id, name: machine } of runs) print(`${id} on ${machine}`)
    if (made.schedule_id) print(`repeats by schedule ${made.schedule_id}`)
  }
  return 0
}

function readSettings(options: RunOptions) {
  if (options.max !== undefined && options.every === undefined) throw new Fault('usage', '--max belongs to --every')
  const inputs = [
    ...options.input.map((text) => splitInput(text, '--input')),
    ...options.inputFile.map((text) => {
      const [name, file] = splitInput(text, '--input-file')
      return [name, readTextFile(file).replace(/\r?\n$/, '')] as const
    }),
  ]
  return {
    input_values: Object.fromEntries(inputs),
    ...(options.at === undefined ? {} : { scheduled_for: options.at }),
    ...(options.every === undefined ? {} : { repeat_interval_minutes: wholeMinutes(options.every) }),
    ...(options.max === undefined ? {} : { max_executions: wholeNumber(options.max, '--max') }),
    ...(options.as === undefined ? {} : { run_as: options.as }),
    ...(options.timeout === undefined ? {} : { timeout_seconds: Math.ceil(parseDuration(options.timeout) / 1000) }),
  }
}

function splitInput(text: string, option: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new Fault('usage', `${option} ${text}: write name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function wholeMinutes(text: string): number {
  const minutes = parseDuration(text) / 60_000
  if (Number.isInteger(minutes) && minutes > 0) return minutes
  throw new Fault('usage', `--every ${text}: schedules count whole minutes, such as 15m or 2h`)
}

function wholeNumber(text: string, option: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new Fault('usage', `${option} ${text}: give a whole number above 0`)
}
