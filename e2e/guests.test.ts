import { mkdtempSync, chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Guest, ScriptExecution } from '@slipway/protocol'
import { freePorts, startServer, startSimulatedGuests, waitFor, type ChildProgram, type Server } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

let folder: string
let server: Server
let options: Parameters<typeof startServer>[0]
let park: ChildProgram | null = null

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-guests-'))
  chmodSync(folder, 0o711) // as root, PostgreSQL runs below it as another user
  const [discoveryPort = 0] = await freePorts(1)
  const config = `guests: { socket_dir: ${join(folder, 'sockets')} }\n`
  options = { dataDir: join(folder, 'server'), discoveryPort, config }
  server = await startServer(options)
})

afterEach(async () => {
  await park?.stop()
  park = null
})

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const explain = () => `${server.said().slice(-6000)}\n--- guests\n${park?.said().slice(-4000) ?? ''}`
const id = (number: number) => `sim-guest-${String(number).padStart(4, '0')}`
const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => id(from + index))

/** `slipway simulate --guests …`, as an operator starts it. */
function simulate(guests: number, args: readonly string[]): ChildProgram {
  const folders = ['--socket-dir', join(folder, 'sockets'), '--data-dir', join(folder, 'guests')]
  park = startSimulatedGuests({ server, args: ['--guests', String(guests), '--json', ...folders, ...args] })
  return park
}

async function guests(): Promise<Guest[]> {
  return (await server.client.call('listGuests', { query: { limit: 500 } })).items
}

async function connected(wanted: readonly string[]): Promise<void> {
  await waitFor(
    `${wanted.length} connected guests`,
    async () => {
      const states = new Map((await guests()).map(({ machine_id, state }) => [machine_id, state]))
      return wanted.every((one) => ['connected', 'legacy'].includes(states.get(one) ?? '')) ? true : null
    },
    { explain, isHopeless: () => park?.hasEnded() ?? false },
  )
}

async function run(machine_ids: readonly string[], script: string): Promise<string[]> {
  const body = {
    name: `test ${crypto.randomUUID()}`,
    os: ['linux', 'windows'] as const,
    shell: 'bash' as const,
    script,
  }
  const { id: script_id } = await server.client.call('addScript', { body: { ...body, os: [...body.os] } })
  const made = await server.client.call('addScriptExecutions', { body: { script_id, machine_ids: [...machine_ids] } })
  return made.executions.map((execution) => execution.id)
}

async function ended(executions: readonly string[]): Promise<ScriptExecution[]> {
  const terminal = ['SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED']
  const read = (one: string) => server.client.call('getScriptExecution', { params: { id: one } })
  let last: ScriptExecution[] = []
  return waitFor(
    `${executions.length} ended executions`,
    async () => {
      last = await Promise.all(executions.map(read))
      return last.every(({ status }) => terminal.includes(status)) ? last : null
    },
    {
      explain: () => {
        const open = last.filter(({ status }) => !terminal.includes(status))
        return `${JSON.stringify(open.map(({ machine_id, status, waiting }) => ({ machine_id, status, waiting })))}\n${explain()}`
      },
    },
  )
}

/** Starts that the modelled guests tell of, as `execution/attempt`. */
function starts(said: string): string[] {
  return [...said.matchAll(/"type":"script".*?"execution_id":"([^"]+)","attempt":(\d+)/g)].map(
    ([, e, a]) => `${e}/${a}`,
  )
}

const outcome = ({ status, exit_code, attempt, late_result }: ScriptExecution) => ({
  status,
  exit_code,
  attempt,
  late_result,
})
const success = { status: 'SUCCESS', exit_code: 0, attempt: 1, late_result: null }

describe('twenty simulated guests', () => {
  it('are listed for adoption, adopted by the command line, and run a script with its output', async () => {
    simulate(20, ['--run', 'model'])
    await waitFor(
      'sockets that wait for adoption',
      async () => ((await guests()).filter(({ state }) => state === 'unadopted').length === 20 ? true : null),
      { explain },
    )
    await park?.stop()
    const said = simulate(20, ['--adopt', '--run', 'model', ...ids(1, 3).flatMap((one) => ['--run', `real:${one}`])])
    await connected(ids(1, 20))
    const trace = join(folder, 'trace-first')
    const executions = await run(ids(1, 20), `echo "hello from the guest"\necho "$$ $PPID" >> ${trace}\n`)
    const rows = await ended(executions)
    expect(rows.map(outcome)).toEqual(rows.map(() => success))
    expect(new Set(rows.map(({ stdout }) => stdout))).toEqual(new Set(['hello from the guest\n']))
    expect(readFileSync(trace, 'utf8').trim().split('\n')).toHaveLength(3)
    expect(starts(said.said())).toHaveLength(17)
  })
})
