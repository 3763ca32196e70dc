import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePorts, startServer, startSimulatedGuests, waitFor, type ChildProgram, type Server } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, startCli } from './run-cli.ts'

const guest = 'sim-guest-0001'
const other = 'sim-guest-0002'
let folder: string
let server: Server
let park: ChildProgram

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-scripts-'))
  chmodSync(folder, 0o711) // as root, PostgreSQL runs below it as another user
  const [discoveryPort = 0] = await freePorts(1)
  const config = `guests: { socket_dir: ${join(folder, 'sockets')} }\n`
  server = await startServer({ dataDir: join(folder, 'server'), discoveryPort, config })
  const folders = ['--socket-dir', join(folder, 'sockets'), '--data-dir', join(folder, 'guests')]
  park = startSimulatedGuests({ server, args: ['--guests', '2', '--json', '--adopt', '--run', 'real', ...folders] })
  await waitFor(
    'two connected guests',
    async () => {
      const { items } = await server.client.call('listGuests', {})
      return items.filter(({ state }) => state === 'connected').length === 2 ? true : null
    },
    { explain: () => `${server.said().slice(-3000)}\n${park.said().slice(-3000)}`, isHopeless: () => park.hasEnded() },
  )
  const library = join(folder, 'library')
  mkdirSync(library)
  writeFileSync(
    join(library, 'greet.yaml'),
    `name: greet
os: [linux]
shell: bash
inputs:
  - { name: who, type: text, required: true }
  - { name: pw, type: password }
script: |
  echo "hello \${{ inputs.who }}"
  echo "\${#INPUT_PW} secret characters" >&2
`,
  )
  writeFileSync(
    join(library, 'fail.json'),
    JSON.stringify({ name: 'fail', os: ['linux'], shell: 'sh', script: 'exit 3' }),
  )
  writeFileSync(join(library, 'slow.yml'), 'name: slow\nos: [linux]\nshell: bash\nscript: "echo begun; sleep 60"\n')
  writeFileSync(
    join(library, 'broken.yaml'),
    "name: broken\nos: [linux]\nshell: bash\nscript: |\n  echo '${{ inputs.x }}'\n",
  )
}, 120_000)

afterAll(async () => {
  await park?.stop()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({ HOME: folder, SLIPWAY_URL: server.url, SLIPWAY_TOKEN: server.token })
const start = (args: readonly string[]) => startCli(args, { env: env() })
const slipway = (args: readonly string[], input = '') => runCli(args, { env: env(), input })

describe('scripts on the command line', () => {
  it('takes a folder into the library, and says where a file is wrong', async () => {
    const added = await slipway(['scripts', 'add', join(folder, 'library')])
    expect(added.code).toBe(3)
    expect(added.out.match(/: added/g)).toHaveLength(3)
    expect(added.err).toContain('broken.yaml:5:9: error reference-unknown')
    expect((await slipway(['scripts', 'add', join(folder, 'library/greet.yaml')])).out).toMatch(/^greet: unchanged/)
    const listed = await slipway(['scripts', 'list', '--json'])
    expect(JSON.parse(listed.out)).toMatchObject({ items: [{ name: 'fail' }, { name: 'greet' }, { name: 'slow' }] })
    expect((await slipway(['scripts', 'show', 'greet'])).out).toContain('hello ${{ inputs.who }}')
  })

  it('runs a script with the values as data, and follows its output', async () => {
    const who = `Ada's "$(touch ${join(folder, 'owned')})"`
    const done = await slipway(
      ['run', 'greet', '--on', guest, '--input', `who=${who}`, '--input-file', 'pw=-'],
      'hunter2\n',
    )
    expect(done).toEqual({ code: 0, out: `hello ${who}\n`, err: '7 secret characters\n' })
    const [row] = (await server.client.call('listScriptExecutions', {})).items
    expect(row).toMatchObject({ status: 'SUCCESS', input_values: { who, pw: '********' } })
    expect(server.said()).not.toContain('hunter2')
  })

  it('names the machine before each line of several, and exits 1 when one failed', async () => {
    const both = await slipway(['run', 'greet', '--on', guest, other, '--input', 'who=x'])
    expect(both.code).toBe(0)
    expect(both.out.split('\n').filter(Boolean).sort()).toEqual(
      [guest, other].map(() => expect.stringContaining(' | hello x')),
    )
    const failed = await slipway(['run', 'fail', '--on', guest])
    expect(failed.code).toBe(1)
    expect(failed.err).toContain('FAILED: exit code 3')
    expect((await slipway(['run', 'greet', '--on', guest])).code).toBe(3)
  })

  it('detaches on Ctrl-C; the script goes on until it is cancelled', async () => {
    const child = start(['run', 'slow', '--on', guest])
    const said = text(child.stdout)
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(130)
    const id = /runs show (\S+)/.exec(await said)?.[1] ?? ''
    expect((await slipway(['runs', 'show', id])).out).toContain('RUNNING')
    expect((await slipway(['runs', 'cancel', id])).code).toBe(0)
    const end = await slipway(['runs', 'show', id, '--follow'])
    expect([end.code, end.err]).toEqual([1, expect.stringContaining('CANCELLED')])
    expect((await slipway(['runs', 'cancel', id])).err).toContain('execution-terminal')
  })

  it('repeats and schedules', async () => {
    const every = await slipway([
      'run',
      'greet',
      '--on',
      guest,
      '--input',
      'who=x',
      '--every',
      '15m',
      '--max',
      '3',
      '--json',
    ])
    const { schedule_id: id, executions } = JSON.parse(every.out) as {
      schedule_id: string
      executions: { id: string }[]
    } // printed from the parsed answer
    await slipway(['runs', 'show', executions[0]?.id ?? '', '--follow'])
    const schedule = await server.client.call('getSchedule', { params: { id } })
    expect(schedule).toMatchObject({
      execution_count: 1,
      timing: { kind: 'every', interval_minutes: 15, max_executions: 3 },
    })
    const at = new Date(Date.now() + 3_600_000).toISOString()
    const planned = await slipway(['run', 'greet', '--on', guest, '--input', 'who=x', '--at', at])
    const waiting = await slipway(['runs', 'list', '--status', 'PENDING', '--json'])
    expect(planned.code).toBe(0)
    expect(JSON.parse(waiting.out)).toMatchObject({ items: [{ waiting: `scheduled for ${at}` }] })
    expect((await slipway(['run', 'greet', '--on', guest, '--every', '90s'])).code).toBe(2)
    const body = { script_id: 'greet', machine_ids: [guest], input_values: { who: 'x' }, repeat_interval_minutes: 0 }
    await expect(server.client.call('addScriptExecutions', { body })).rejects.toMatchObject({ code: 'invalid-request' })
  })
})
