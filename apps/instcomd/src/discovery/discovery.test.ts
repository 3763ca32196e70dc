import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { canonicalJson, silentLogger } from '@slipway/base'
import { discoveryRequestSchema, type DiscoveryRequest } from '@slipway/protocol'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AppContext } from '../app-context.ts'
import { makeMachineLinks } from '../machines/machine-links.ts'
import { machineStore } from '../machines/store.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { DiscoveryService } from './service.ts'
import { discoveryStore } from './store.ts'

/** An answer with the published fields alone. */
function published(machineId: string): Record<string, unknown> {
  return {
    type: 'discovery_response',
    machine_id: machineId,
    hostname: `${machineId}.local`,
    address: '127.0.0.1',
    status: 'available',
    specs: { cpu_cores: 16, memory_gb: 64, storage_gb: 2000, network_interfaces: 4 },
    capabilities: ['zfs', 'bhyve', 'zones'],
    timestamp: '2024-12-09T10:30:01Z',
  }
}

describe('discovery', () => {
  let context: AppContext
  let socket: Socket
  let service: DiscoveryService
  let respond: (request: DiscoveryRequest) => (object | string)[] = () => []
  const warnings: string[] = []
  const asked: DiscoveryRequest[] = []

  beforeAll(async () => {
    socket = createSocket({ type: 'udp4', reuseAddr: true })
    await new Promise<void>((resolve) => socket.bind(0, '0.0.0.0', resolve))
    socket.addMembership('239.255.255.250', '127.0.0.1')
    socket.on('message', (datagram, from) => {
      const request = discoveryRequestSchema.parse(JSON.parse(datagram.toString('utf8')))
      asked.push(request)
      for (const answer of respond(request))
        socket.send(typeof answer === 'string' ? answer : JSON.stringify(answer), from.port, from.address)
    })
    const { port } = socket.address()
    const discovery = {
      multicast_group: '239.255.255.250',
      port,
      timeout: 5000,
      interval: 60_000,
      ttl: 1,
      targets: [],
      interface: '127.0.0.1',
    }
    const made = await makeTestContext({ discovery })
    context = { ...made, logger: { ...silentLogger, warn: (_fields, message) => warnings.push(message) } }
    const links = makeMachineLinks(context.pki, 1000)
    const deps = { context, links, findTokenSecret: async () => null, onEnrolled: async () => undefined }
    service = new DiscoveryService(deps, async () => undefined)
    return async () => {
      await service.stop()
      links.close()
      await new Promise<void>((resolve) => socket.close(() => resolve()))
    }
  })
  afterEach(() => {
    respond = () => []
  })

  const eventsOf = (id: string) =>
    context.database.query<{ type: string }>(
      `SELECT type FROM (SELECT 0 AS stage, seq AS n, type, data FROM events UNION ALL SELECT 1, id, type, data FROM pending_events) e
        WHERE data ->> 'machine_id' = $1 ORDER BY stage, n`,
      [id],
    )
  const row = (id: string) => machineStore.read(context.database, id)

  /** A known machine that signs, and what it would answer. */
  async function knownMachine(
    id: string,
  ): Promise<{ key: KeyObject; answer: (nonce?: string) => Record<string, unknown> }> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    await machineStore.upsert(context.database, {
      machine_id: id,
      kind: 'physical',
      hostname: 'as-it-was',
      address: '127.0.0.1',
      port: 8443,
      status: 'available',
      specs: null,
      capabilities: [],
      enrolment: 'enrolled',
      public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      fingerprint: 'f'.repeat(64),
      boot_id: 'boot-1',
      version: null,
    })
    return {
      key: privateKey,
      answer: (nonce) => ({
        ...published(id),
        ...(nonce && { nonce }),
        port: 8443,
        fingerprint: 'f'.repeat(64),
        boot_id: 'boot-1',
      }),
    }
  }
  const signed = (key: KeyObject, message: object) => ({
    ...message,
    signature: sign(null, Buffer.from(canonicalJson(message)), key).toString('base64'),
  })

  it('lists a peer that knows only the published fields, once', async () => {
    respond = () => [published('server-001')]
    await service.ask()
    await expect
      .poll(() => row('server-001'))
      .toMatchObject({ shown_status: 'available', hostname: 'server-001.local', enrolment: 'none' })
    await service.ask()
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(2)
    respond = () => [{ ...published('server-001'), status: 'error' }]
    await service.ask()
    await expect.poll(() => row('server-001')).toMatchObject({ shown_status: 'error' })
    expect((await eventsOf('server-001')).map(({ type }) => type)).toEqual(['machines.discovered', 'machines.updated'])
  })

  it('ignores and counts what is no answer to an open question', async () => {
    const before = service.ignored
    const foreign = [
      'NOTIFY * HTTP/1.1\r\n\r\n',
      '{',
      { type: 'discovery_response' },
      { ...published('old'), nonce: 'of yesterday' },
      'x'.repeat(2000),
    ]
    respond = () => [...foreign, { ...published('evil'), address: 'evil.example.com' }]
    await service.ask()
    await expect.poll(() => service.ignored - before).toBe(6)
    expect(await row('old')).toBeNull()
    expect(await row('evil')).toBeNull()
  })

  it('takes a rightly signed answer of a known machine, members that it does not know included', async () => {
    const { key, answer } = await knownMachine('signs')
    respond = ({ nonce }) => [signed(key, { ...answer(nonce), hostname: 'renamed', rack_unit: 42 })]
    await service.ask()
    await expect.poll(() => row('signs')).toMatchObject({ hostname: 'renamed', conflict: null })
  })

  it.each([
    ['signed by another key', (answer: object) => signed(generateKeyPairSync('ed25519').privateKey, answer)],
    [
      'changed behind its signature',
      (answer: object, key: KeyObject) => ({ ...signed(key, answer), hostname: 'more evil' }),
    ],
    ['unsigned', (answer: object) => ({ ...answer, fingerprint: undefined })],
    [
      'of another certificate that nobody serves',
      (answer: object, key: KeyObject) =>
        signed(key, { ...answer, port: 1, fingerprint: 'e'.repeat(64), hostname: 'evil' }),
    ],
  ])('never lets an answer change a known machine that is %s', async (what, forge) => {
    const id = `victim of ${what}`
    const { key, answer } = await knownMachine(id)
    const before = await row(id)
    let sent = false
    respond = ({ nonce }) => {
      sent = true
      return [forge({ ...answer(nonce), hostname: 'evil' }, key)]
    }
    await service.ask()
    await expect.poll(() => sent).toBe(true)
    if (what.includes('certificate'))
      await expect.poll(() => warnings.join(), { timeout: 5000 }).toContain(`${id} was not met`)
    else await expect.poll(async () => (await row(id))?.conflict).toContain('names this machine')
    expect({ ...(await row(id)), conflict: null, conflict_at: null }).toEqual({ ...before, conflict_at: null })
  })

  it('takes the answer of an installed system, which listens nowhere, by the key that the machine is known for', async () => {
    const { key, answer } = await knownMachine('has-system')
    const { port: _port, ...installed } = answer()
    const changes = { status: 'installed', boot_id: 'boot-2', fingerprint: 'a'.repeat(64) }
    respond = ({ nonce }) => [signed(key, { ...installed, ...changes, nonce })]
    await service.ask()
    await expect.poll(() => row('has-system')).toMatchObject({ shown_status: 'installed', port: 8443, conflict: null })
    respond = ({ nonce }) => [
      signed(generateKeyPairSync('ed25519').privateKey, { ...installed, ...changes, nonce, hostname: 'evil' }),
    ]
    await service.ask()
    await expect.poll(async () => (await row('has-system'))?.conflict).toContain('wrongly signed')
    expect(await row('has-system')).toMatchObject({ hostname: 'has-system.local' })
  })

  it.each(['error', 'managed'])('keeps the status %s where the installed system knows less', async (status) => {
    const id = `keeps-${status}`
    const { key, answer } = await knownMachine(id)
    await context.database.query('UPDATE machines SET status = $2 WHERE machine_id = $1', [id, status])
    respond = ({ nonce }) => [signed(key, { ...answer(nonce), status: 'installed', hostname: 'seen' })]
    await service.ask()
    await expect.poll(() => row(id)).toMatchObject({ hostname: 'seen', shown_status: status })
  })

  it('marks a machine offline once when it falls silent, but not one that is installed', async () => {
    await knownMachine('silent')
    await knownMachine('done')
    await context.database.query(
      `UPDATE machines SET last_seen = now() - interval '1 hour' WHERE machine_id IN ('silent', 'done')`,
    )
    await context.database.query(`UPDATE machines SET status = 'installed' WHERE machine_id = 'done'`)
    const gone = await discoveryStore.markOffline(context.database, 60_000)
    expect(gone.map(({ machine_id }) => machine_id)).toEqual(['silent'])
    expect(await discoveryStore.markOffline(context.database, 60_000)).toEqual([])
    expect(await row('silent')).toMatchObject({ shown_status: 'offline' })
    expect(await row('done')).toMatchObject({ shown_status: 'installed' })
  })
})
