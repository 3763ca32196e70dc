import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { makeDomain } from '../domain.ts'
import { FakeAgent } from '../testing/fake-agent.ts'
import { startTestInstcomd, type TestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const database = await makeTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'slipway-two-'))
const flags = ['discovery.interface=127.0.0.1', 'discovery.port=19913', `guests.socket_dir=${folder}`].flatMap(
  (setting) => ['--set', setting],
)
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
  await rm(folder, { recursive: true, force: true })
})

async function startServer(): Promise<TestInstcomd> {
  const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain, flags })
  closers.push(() => server.stop())
  return server
}

async function startAgent(server: TestInstcomd, machineId: string): Promise<FakeAgent> {
  const body = JSON.stringify({ kind: 'virtual', id: machineId, name: machineId })
  await server.call('/api/machines', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  const agent = await FakeAgent.listen({ path: join(folder, `${machineId}.socket`), machineId })
  closers.push(() => agent.close())
  return agent
}

interface Guest {
  state: string
  problem: string | null
}

async function guestUntil(server: TestInstcomd, id: string, condition: (guest: Guest) => boolean): Promise<Guest> {
  for (;;) {
    const guest = (await (await server.call(`/api/guests/${id}`)).json()) as Guest // the route's own schema shaped it
    if (condition(guest)) return guest
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('two instances look at one folder and one connects; both show the guest, a command through either reaches it, and a stop hands over at once', async () => {
  const [a, b] = [await startServer(), await startServer()]
  const agent = await startAgent(a, 'shared')
  await agent.shakeHands()
  for (const server of [a, b]) await guestUntil(server, 'shared', ({ state }) => state === 'connected')
  for (const [index, server] of [a, b].entries()) {
    const asked = server.call('/api/guests/shared/commands', {
      method: 'POST',
      body: JSON.stringify({ command_type: { action: 'SystemInfo' } }),
      headers: { 'content-type': 'application/json' },
    })
    await agent.until(() => agent.of('SafeCommand').length === index + 1)
    agent.say({ type: 'response', id: agent.of('SafeCommand').at(-1)?.id, success: true, data: index })
    expect(await (await asked).json()).toMatchObject({ success: true, data: index })
  }
  expect(agent.connections).toBe(1)
  const [owner] = await database.query<{ owner: string }>("SELECT owner FROM leases WHERE name = 'guest:shared'")
  const [idA] = await database.query<{ id: string }>('SELECT id FROM instances ORDER BY started_at LIMIT 1')
  const [holder, other] = owner?.owner === idA?.id ? [a, b] : [b, a]
  await holder.stop()
  await agent.until(() => agent.connections === 2 && agent.connected)
  await agent.shakeHands()
  await guestUntil(other, 'shared', ({ state }) => state === 'connected')
  const machine = await (await other.call('/api/machines/shared')).json()
  expect(machine, 'a handover is no outage').toMatchObject({ status: 'managed' })
  await other.stop()
}, 60_000)

/** A server as a process of its own, to be killed. */
async function startProcess(): Promise<{ kill(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-killed-'))
  await writeFile(join(dataDir, 'master.key'), Buffer.alloc(32, 5).toString('base64'), { mode: 0o600 })
  const main = join(import.meta.dirname, '..', 'main.ts')
  const argv = ['--data-dir', dataDir, '--database-url', database.url, '--port', '0', '--machine-port', '0', ...flags]
  const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', (line) => line.includes('Listening') && resolve())
  child.once('exit', () => reject(new Error('the server ended')))
  async function kill() {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
    await rm(dataDir, { recursive: true, force: true })
  }
  closers.push(kill)
  await listening
  return { kill }
}

test('an instance is killed: the other takes its links over within one lease', async () => {
  const doomed = await startProcess()
  await database.query("INSERT INTO machines (machine_id, kind) VALUES ('orphan', 'virtual')")
  const agent = await FakeAgent.listen({ path: join(folder, 'orphan.socket'), machineId: 'orphan' })
  closers.push(() => agent.close())
  await agent.shakeHands()
  const survivor = await startServer()
  await guestUntil(survivor, 'orphan', ({ state }) => state === 'connected')
  await doomed.kill()
  const killed = performance.now()
  await agent.until(() => agent.connections === 2 && agent.connected)
  expect(performance.now() - killed).toBeLessThan(20_000)
  await agent.shakeHands()
  await guestUntil(survivor, 'orphan', ({ state }) => state === 'connected')
}, 60_000)

test('an instance whose lease another one took closes the link by itself', async () => {
  const server = await startServer()
  const agent = await startAgent(server, 'stolen')
  await agent.shakeHands()
  await database.query("INSERT INTO instances (id, version, host_name, pid) VALUES ('thief', '0', 'test', 1)")
  await database.query(
    "INSERT INTO leases (name, owner, fence, expires_at) VALUES ('links:thief', 'thief', 1, now() + interval '1 hour')",
  )
  await database.query("UPDATE leases SET owner = 'thief', fence = fence + 1 WHERE name = 'guest:stolen'")
  await agent.until(() => !agent.connected)
  const guest = await guestUntil(server, 'stolen', ({ state }) => state === 'disconnected')
  expect(guest.problem).not.toBeNull()
}, 30_000)
