import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeDomain } from '../domain.ts'
import { FakeAgent } from '../testing/fake-agent.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const database = await makeTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'slipway-guests-'))
const quiet = ['--set', 'discovery.interface=127.0.0.1', '--set', 'discovery.port=19911']
const server = await startTestInstcomd({
  databaseUrl: database.url,
  makeDomain,
  flags: [...quiet, '--set', `guests.socket_dir=${folder}`],
})
const agents: FakeAgent[] = []
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()))
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

async function startAgent(machineId: string, secret: string | null = null, clockAhead = 0): Promise<FakeAgent> {
  const agent = await FakeAgent.listen({ path: join(folder, `${machineId}.socket`), machineId, secret, clockAhead })
  agents.push(agent)
  return agent
}

async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await server.call(path, { method, ...init })
  return { status: response.status, body: (await response.json()) as T } // the route's own schema shaped it
}

interface Guest {
  machine_id: string
  state: string
  problem: string | null
  metrics: { at: string } | null
  [key: string]: unknown
}

async function guestUntil(machineId: string, condition: (guest: Guest) => boolean): Promise<Guest> {
  for (;;) {
    const { body } = await call<Guest>('GET', `/api/guests/${machineId}`)
    if (condition(body)) return body
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const adopt = (id: string) => call('POST', '/api/machines', { kind: 'virtual', id, name: `guest ${id}` })

test('a socket of an unknown machine is listed and served nothing until it is adopted; then its agent shows as managed', async () => {
  const agent = await startAgent('vm-adopt')
  const unknown = await guestUntil('vm-adopt', ({ state }) => state === 'unadopted')
  expect(unknown.problem).toContain('adopt the guest')
  expect(agent.connections).toBe(0)
  const adopted = await adopt('vm-adopt')
  expect(adopted).toMatchObject({ status: 201, body: { machine_id: 'vm-adopt', kind: 'virtual', status: 'offline' } })
  const session = await agent.shakeHands()
  expect(session.length).toBeGreaterThan(8)
  expect(agent.of('handshake_ack')[0]).toMatchObject({ metrics_interval_s: 30 })
  const guest = await guestUntil('vm-adopt', ({ state }) => state === 'connected')
  expect(guest).toMatchObject({
    link: 'virtio-serial',
    agent_version: '9.9.9',
    protocol: 2,
    signed: false,
    problem: null,
  })
  const machine = await call('GET', '/api/machines/vm-adopt')
  expect(machine.body).toMatchObject({ status: 'managed', kind: 'virtual' })
  const list = await call<{ items: Guest[] }>('GET', '/api/guests?state=connected')
  expect(list.body.items.map(({ machine_id }) => machine_id)).toEqual(['vm-adopt'])
})

async function startGuest(
  machineId: string,
  options: { secret?: boolean; clockAhead?: number; legacy?: boolean } = {},
): Promise<FakeAgent> {
  await adopt(machineId)
  const made = options.secret ? await call<{ shared_secret: string }>('POST', `/api/guests/${machineId}/secret`) : null
  const agent = await startAgent(machineId, made?.body.shared_secret ?? null, options.clockAhead)
  if (options.legacy) await agent.until(() => agent.connected)
  else await agent.shakeHands()
  return agent
}

const figures = (received: number) => ({
  system: {
    cpu: { usage_percent: 12.5, cores_usage: [10, 15] },
    memory: { total_kb: 1000, used_kb: 400, available_kb: 600 },
    disk: { usage_stats: [{ mount_point: '/', total_gb: 20, used_gb: 5, available_gb: 15 }] },
    network: {
      interfaces: [
        { name: 'lo', bytes_received: 9e9, bytes_sent: 9e9 },
        { name: 'eth0', bytes_received: received, bytes_sent: 7 },
      ],
    },
    system: { uptime_seconds: 3 },
    processes: [{ pid: 1, name: 'init', cpu_percent: 0, memory_kb: 1 }],
  },
})

const codes = (agent: FakeAgent) => agent.of('error').map(({ details }) => (details as { code: string }).code)

test('keep-alives are answered, figures are kept and shown, and processes stay when a report leaves them out', async () => {
  const agent = await startGuest('vm-metrics')
  agent.say({ type: 'keep_alive', sequence_number: 7 })
  await agent.until(() => agent.of('keep_alive_response').length === 1)
  expect(agent.of('keep_alive_response')[0]).toMatchObject({ sequence_number: 7, session: agent.session })
  agent.say({ type: 'metrics', data: figures(1000) })
  const guest = await guestUntil('vm-metrics', ({ metrics }) => metrics !== null)
  expect(guest.metrics).toMatchObject({
    data: { system: { cpu: { usage_percent: 12.5 }, processes: [{ name: 'init' }] } },
  })
  const history = await call('GET', '/api/guests/vm-metrics/metrics?seconds=3600')
  expect(history.body).toMatchObject({ machine_id: 'vm-metrics', resolution_seconds: 60, latest: guest.metrics })
  const events = await database.query<{ data: unknown }>("SELECT data FROM events WHERE type = 'guests.metrics'")
  expect(JSON.stringify(events)).toContain('"memory_used_kb":400')
})

test('half lines, many lines at once, lines that are too long, no UTF-8, no JSON and unknown types: each has its error, and the link stays', async () => {
  const agent = await startGuest('vm-lines')
  const line = agent.line({ type: 'keep_alive', sequence_number: 1 })
  agent.write(line.slice(0, 10))
  agent.write(`${line.slice(10)}\n${line}\n\n${line}\n${line.slice(0, 5)}`)
  await agent.until(() => agent.of('keep_alive_response').length === 3)
  agent.write(`${line.slice(5)}\n`)
  agent.write(Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]))
  agent.write('not json\n')
  agent.say({ type: 'handshake_ack', session: 'x' })
  agent.say({ type: 'keep_alive', sequence_number: -1 })
  agent.write(`${'x'.repeat(8 * 1024 * 1024 + 1)}\n`)
  agent.say({ type: 'keep_alive', sequence_number: 2 })
  await agent.until(() => agent.of('keep_alive_response').length === 5)
  expect(codes(agent)).toEqual(['invalid-request', 'invalid-request', 'unsupported', 'invalid-request', 'too-large'])
  expect(agent.connections).toBe(1)
})

test('signed both ways; forged, replayed, old and unsigned lines are refused, and a clock ten minutes off is none of that', async () => {
  const agent = await startGuest('vm-signed', { secret: true, clockAhead: 600_000 })
  expect((await guestUntil('vm-signed', ({ state }) => state === 'connected')).signed).toBe(true)
  const ping = (sequence_number: number) =>
    JSON.stringify({ type: 'keep_alive', sequence_number, session: agent.session })
  const nonce = 'nonce-0001'
  agent.write(`${agent.sign(ping(1), { nonce })}\n`)
  await agent.until(() => agent.of('keep_alive_response').length === 1)
  agent.write(`${agent.sign(ping(2), { nonce })}\n`) // replayed nonce
  agent.write(`${agent.sign(ping(3), { secret: 'f'.repeat(64) })}\n`) // forged
  agent.write(`${agent.sign(ping(4)).replace('keep_alive', 'keep_alivE')}\n`) // changed
  agent.write(`${agent.sign(ping(5), { ts: agent.now() - 301_000 })}\n`) // old
  agent.write(`${agent.sign(ping(6), { ts: Date.now() - 1000 })}\n`) // the host's own clock is not the agent's
  agent.write(`${ping(7)}\n`) // unsigned
  agent.write(`${agent.sign(JSON.stringify({ type: 'keep_alive', sequence_number: 8 }))}\n`) // no session
  agent.write(`${agent.sign(JSON.stringify({ type: 'keep_alive', sequence_number: 9, session: 'older' }))}\n`)
  agent.write(`${agent.sign(ping(10))}\n`)
  await agent.until(() => agent.of('keep_alive_response').length === 2)
  expect(agent.of('keep_alive_response').map(({ sequence_number }) => sequence_number)).toEqual([1, 10])
  expect(codes(agent)).toEqual([
    'not-authenticated',
    'not-authenticated',
    'not-authenticated',
    'handshake-required',
    'handshake-required',
    'not-authenticated',
    'handshake-required',
  ])
  expect(agent.received.filter(({ type }) => /forged|stale/.test(type))).toEqual([])
})

test('a guest reset: a handshake in the middle of a line begins a new session, and replies of the older are dropped', async () => {
  const agent = await startGuest('vm-reset', { secret: true })
  const older = agent.session
  const late = agent.line({ type: 'keep_alive', sequence_number: 1 })
  agent.write('{"type":"metr')
  const newer = await agent.shakeHands({ boot_id: 'boot-2' })
  expect(newer).not.toBe(older)
  agent.write(`${late}\n`)
  agent.say({ type: 'keep_alive', sequence_number: 2 })
  await agent.until(() => agent.of('keep_alive_response').length === 1)
  expect(agent.of('keep_alive_response')[0]).toMatchObject({ sequence_number: 2, session: newer })
  expect(await guestUntil('vm-reset', ({ boot_id }) => boot_id === 'boot-2')).toMatchObject({ state: 'connected' })
})

test('an agent of another machine is refused with words that help, and so is one that signs with another secret', async () => {
  const agent = await startGuest('vm-other', { secret: true, legacy: true })
  agent.write(`${agent.line(agent.handshake({ vm_id: 'vm-else' }))}\n`)
  await agent.until(() => codes(agent).length === 1)
  expect(agent.of('error')[0]?.error).toContain('install the agent with VM id vm-other')
  const guest = await guestUntil('vm-other', ({ problem }) => problem?.includes('vm-else') ?? false)
  expect(guest.state).toBe('disconnected')
  agent.options.secret = 'a'.repeat(64)
  agent.write(`${agent.line(agent.handshake())}\n`)
  await agent.until(() => agent.received.length === 2)
  await guestUntil('vm-other', ({ problem }) => problem?.includes('install the agent with the secret') ?? false)
})

test('an older agent is served without handshake, until the machine once spoke protocol 2; an administrator lifts the latch', async () => {
  const agent = await startGuest('vm-legacy', { legacy: true })
  agent.say({ type: 'keep_alive', sequence_number: 1 })
  await agent.until(() => agent.of('keep_alive_response').length === 1)
  expect(await guestUntil('vm-legacy', ({ state }) => state === 'legacy')).toMatchObject({ protocol: 1, signed: false })
  await agent.shakeHands()
  await guestUntil('vm-legacy', ({ state }) => state === 'connected')
  agent.drop()
  await agent.until(() => agent.connections === 2 && agent.connected)
  agent.say({ type: 'keep_alive', sequence_number: 2 })
  await agent.until(() => codes(agent).length === 1)
  expect(agent.of('error')[0]?.error).toContain('spoken protocol 2 before')
  const reset = await call<Guest>('POST', '/api/guests/vm-legacy/reset-protocol')
  expect(reset.status).toBe(200)
  while (agent.of('keep_alive_response').length < 2) {
    agent.say({ type: 'keep_alive', sequence_number: 3 })
    const seen = agent.received.length
    await agent.until(() => agent.received.length > seen)
  }
  await guestUntil('vm-legacy', ({ state }) => state === 'legacy')
})

test('a secret is rotated over the link: both are good until the agent shakes hands with the new one', async () => {
  const agent = await startGuest('vm-rotate', { secret: true })
  const older = agent.options.secret ?? ''
  const rotated = await call<{ shared_secret: string; handed_over: boolean }>('POST', '/api/guests/vm-rotate/secret')
  expect(rotated.body.handed_over).toBe(true)
  await agent.until(() => agent.of('configure').length === 1)
  expect(agent.of('configure')[0]).toMatchObject({ shared_secret: rotated.body.shared_secret })
  agent.say({ type: 'keep_alive', sequence_number: 1 })
  await agent.until(() => agent.of('keep_alive_response').length === 1)
  agent.options.secret = rotated.body.shared_secret
  await agent.shakeHands()
  const isOnly = async () => {
    agent.write(
      `${agent.sign(JSON.stringify({ type: 'keep_alive', sequence_number: 2, session: agent.session }), { secret: older })}\n`,
    )
    const seen = agent.received.length
    await agent.until(() => agent.received.length > seen)
    return codes(agent).includes('not-authenticated')
  }
  while (!(await isOnly()));
  const [row] = await database.query<{ text: string }>(
    "SELECT to_jsonb(g)::text AS text FROM guests g WHERE machine_id = 'vm-rotate'",
  )
  expect(row?.text).not.toContain(rotated.body.shared_secret)
})

test('a safe command goes to the agent and its response comes back; one the agent has not is refused', async () => {
  const agent = await startGuest('vm-command', { secret: true })
  const asked = call('POST', '/api/guests/vm-command/commands', { command_type: { action: 'SystemInfo', detail: 1 } })
  await agent.until(() => agent.of('SafeCommand').length === 1)
  const [command] = agent.of('SafeCommand')
  expect(command).toMatchObject({ command_type: { action: 'SystemInfo', detail: 1 }, timeout: 60 })
  agent.say({ type: 'response', id: 'another', success: false })
  agent.say({ type: 'response', id: command?.id, success: true, data: { cpus: 2 } })
  expect(await asked).toMatchObject({ status: 200, body: { success: true, data: { cpus: 2 }, error: null } })
  const wrong = await call('POST', '/api/guests/vm-command/commands', { command_type: { action: 'Format' } })
  expect(wrong).toMatchObject({ status: 422, body: { error: { code: 'unsupported' } } })
  const cut = call('POST', '/api/guests/vm-command/commands', { command_type: { action: 'Reboot' } })
  await agent.until(() => agent.of('SafeCommand').length === 2)
  agent.drop()
  expect(await cut).toMatchObject({ status: 503, body: { error: { code: 'guest-not-connected' } } })
})

test('a guest that goes away says why: QEMU stopped, its socket gone', async () => {
  const agent = await startGuest('vm-gone')
  await guestUntil('vm-gone', ({ state }) => state === 'connected')
  await agent.close()
  const gone = await guestUntil('vm-gone', ({ state, problem }) => state === 'disconnected' && problem !== null)
  expect(gone.problem).toMatch(/virtual machine/)
  expect((await call('GET', '/api/machines/vm-gone')).body.status).toBe('offline')
})

test('tags and interval are changed by PATCH, and a connected agent hears of the interval', async () => {
  const agent = await startGuest('vm-patch')
  const changed = await call<Guest>('PATCH', '/api/guests/vm-patch', { tags: ['web'], metrics_interval_s: 5 })
  expect(changed.body).toMatchObject({ tags: ['web'] })
  await agent.until(() => agent.of('configure').length === 1)
  expect(agent.of('configure')[0]).toMatchObject({ metrics_interval_s: 5 })
  expect((await call<{ items: Guest[] }>('GET', '/api/guests?q=web')).body.items).toHaveLength(1)
  expect((await call('PATCH', '/api/guests/nobody', { tags: [] })).status).toBe(404)
})
