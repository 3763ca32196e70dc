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

async function startAgent(machineId: string, secret: string | null = null): Promise<FakeAgent> {
  const agent = await FakeAgent.listen({ path: join(folder, `${machineId}.socket`), machineId, secret })
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
