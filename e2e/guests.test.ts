import { mkdtempSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Guest, ScriptExecution } from '@slipway/protocol'
import { freePorts, startServer, startSimulatedGuests, waitFor, type ChildProgram, type Server } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

/** Other test files and their programs share two processors with a server, its database and twenty guests. */
const timeout = 120_000
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

/** Until each was seen connected; not at the same moment, because some drop their connection. */
async function connected(wanted: readonly string[]): Promise<void> {
  const seen = new Set<string>()
  await waitFor(
    `${wanted.length} connected guests`,
    async () => {
      for (const { machine_id, state } of await guests())
        if (state === 'connected' || state === 'legacy') seen.add(machine_id)
      return wanted.every((one) => seen.has(one)) ? true : null
    },
    {
      explain: () => `not yet: ${wanted.filter((one) => !seen.has(one)).join(' ')}\n${explain()}`,
      isHopeless: () => park?.hasEnded() ?? false,
    },
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
  it(
    'are listed for adoption, adopted by the command line, and run a script with its output',
    { timeout },
    async () => {
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
    },
  )
})

describe('guests that misbehave', () => {
  it('end each script exactly once, with the same result', { timeout }, async () => {
    const faults = [
      `reset:${id(1)}=1`,
      `duplicate:${id(2)}`,
      `drop:${id(3)}=2`,
      `garbage:${id(4)}=1`,
      `clock:${id(5)}=900`,
      `clock:${id(6)}=-900`,
      `late:${id(7)}=2`,
      `slow:${id(8)}=1`,
      // One that never spoke protocol 2: a guest that did is held to it.
      `legacy:${id(21)}`,
      // All at once, and with real shells.
      ...['reset', 'duplicate', 'garbage'].map((kind) => `${kind}:${id(10)}${kind === 'duplicate' ? '' : '=1'}`),
      `drop:${id(11)}=2`,
    ]
    const real = ids(10, 12).flatMap((one) => ['--run', `real:${one}`])
    const program = simulate(21, ['--adopt', '--run', 'model', ...real, ...faults.flatMap((one) => ['--fault', one])])
    const targets = [...ids(1, 12), id(21)]
    await connected(targets)
    const trace = join(folder, 'trace-faults')
    const script = `echo "still here"\necho "$$" >> ${trace}\nsleep 2\n`
    const rounds = [await run(targets, script), await run(targets, script)].flat()
    const rows = await ended(rounds)
    expect(rows.map((row) => ({ machine: row.machine_id, ...outcome(row) }))).toEqual(
      rows.map(({ machine_id }) => ({ machine: machine_id, ...success })),
    )
    expect(new Set(rows.map(({ stdout }) => stdout))).toEqual(new Set(['still here\n']))
    // Nothing was begun twice: not by the models, and not by the shells.
    const begun = starts(program.said())
    expect(begun).toHaveLength(2 * 10)
    expect(new Set(begun).size).toBe(begun.length)
    expect(readFileSync(trace, 'utf8').trim().split('\n')).toHaveLength(2 * 3)
    const states = new Map((await guests()).map(({ machine_id, state }) => [machine_id, state]))
    expect(states.get(id(21))).toBe('legacy')
    // A second look, after what was sent twice or late has surely arrived: terminal is terminal.
    expect((await ended(rounds)).map(outcome)).toEqual(rows.map(outcome))
    await refused('malformed')
  })
})

/** The server counted lines that it could not take. */
async function refused(reason: string): Promise<void> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  expect(text).toMatch(new RegExp(`slipway_agent_refusals_total\\{[^}]*reason="${reason}"[^}]*\\} [1-9]`))
}

describe('a server that is killed while scripts run', () => {
  it('loses nothing and has nothing run twice', { timeout }, async () => {
    const real = ids(1, 3).flatMap((one) => ['--run', `real:${one}`])
    const program = simulate(20, ['--adopt', '--run', 'model', '--fault', 'late=3', ...real])
    await connected(ids(1, 20))
    const [trace, gate] = [join(folder, 'trace-killed'), join(folder, 'gate')]
    // The shells go on until the server is gone; the models take three seconds.
    const script = `echo "begun"\necho "$$" >> ${trace}\nwhile [ ! -e ${gate} ]; do sleep 0.1; done\necho "ended"\n`
    const executions = await run(ids(1, 20), script)
    await waitFor(
      'scripts on all guests',
      async () => {
        const rows = await Promise.all(
          executions.map((one) => server.client.call('getScriptExecution', { params: { id: one } })),
        )
        const isBegun = existsSync(trace) && readFileSync(trace, 'utf8').trim().split('\n').length === 3
        return isBegun && rows.every(({ status }) => status !== 'PENDING') ? true : null
      },
      { explain },
    )
    await server.stop('SIGKILL')
    writeFileSync(gate, '')
    server = await startServer(options)
    const rows = await ended(executions)
    expect(rows.map(outcome)).toEqual(rows.map(() => success))
    const isReal = ({ machine_id }: ScriptExecution) => ids(1, 3).includes(machine_id)
    expect(rows.filter(isReal).map(({ stdout }) => stdout)).toEqual(Array(3).fill('begun\nended\n'))
    const begun = starts(program.said())
    expect(begun).toHaveLength(17)
    expect(new Set(begun).size).toBe(17)
    expect(readFileSync(trace, 'utf8').trim().split('\n')).toHaveLength(3)
    await connected(ids(1, 20))
  })
})
