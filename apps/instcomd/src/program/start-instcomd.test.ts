import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import type { AppContext } from '../app-context.ts'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { makeLogger } from './make-logger.ts'

const database = await makeTestDatabase()
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'slipway-start-'))
  cleanups.push(() => rm(path, { recursive: true, force: true }))
  return path
}

function start(dataDir: string, flags: readonly string[] = []) {
  return startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain(), dataDir, flags })
}

test('a second start keeps the token, the authority and the instance', async () => {
  const dataDir = await folder()
  const first = await start(dataDir)
  expect((await stat(first.tokenFile)).mode & 0o777).toBe(0o600)
  const id = await readFile(join(dataDir, 'instance-id'), 'utf8')
  await first.stop()
  const second = await start(dataDir)
  expect([second.token, second.caFingerprint]).toEqual([first.token, first.caFingerprint])
  expect(await readFile(join(dataDir, 'instance-id'), 'utf8')).toBe(id)
  expect((await second.call('/api/settings')).status).toBe(200)
  await second.stop()
})

test('a port of 0 is known to the domain as the one that was bound: first-boot reports go there', async () => {
  let domainsPort = () => 0
  const makeDomain = (context: AppContext) => {
    domainsPort = () => context.machinePort()
    return makeEmptyDomain()(context)
  }
  const instcomd = await startTestInstcomd({ databaseUrl: database.url, makeDomain, dataDir: await folder() })
  cleanups.push(() => instcomd.stop())
  expect(instcomd.machinePort).toBeGreaterThan(0)
  expect(domainsPort()).toBe(instcomd.machinePort)
})

test('a port in use is refused with the port, its owner and the flag that chooses another, and nothing stays open', async () => {
  const dataDir = await folder()
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
  cleanups.push(() => new Promise((done) => taken.close(done)))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const refused = await start(dataDir, ['--port', String(port)]).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'port-in-use', details: { port, pid: process.pid } })
  expect(String(refused)).toContain('--port PORT')
  const again = await start(dataDir)
  await again.stop()
})

test('two instances on one data directory: the second is refused', async () => {
  const dataDir = await folder()
  const first = await start(dataDir)
  cleanups.push(() => first.stop())
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'conflict' })
})

test('two instances share one database when they share the master key, and are refused when they do not', async () => {
  const [one, two] = [await folder(), await folder()]
  await writeFile(join(two, 'master.key'), Buffer.alloc(32, 6).toString('base64'))
  const first = await start(one)
  cleanups.push(() => first.stop())
  await expect(start(two)).rejects.toMatchObject({ code: 'master-key-mismatch' })
  await writeFile(join(two, 'master.key'), await readFile(join(one, 'master.key')), { mode: 0o600 })
  const second = await start(two)
  cleanups.push(() => second.stop())
  expect(second.caFingerprint).toBe(first.caFingerprint)
  expect((await first.call('/api/settings', { headers: { authorization: `Bearer ${second.token}` } })).status).toBe(200)
})

test('a token file that others can read is refused with the command that mends it', async () => {
  const dataDir = await folder()
  await writeFile(join(dataDir, 'admin.token'), `slw_${'A'.repeat(43)}\n`, { mode: 0o644 })
  await expect(start(dataDir)).rejects.toThrow('chmod 600')
})

test('elsewhere than on loopback the API speaks TLS, under every name of the server', async () => {
  const server = await start(await folder(), ['--host', '0.0.0.0', '--public-url', 'https://slipway.example.com'])
  cleanups.push(() => server.stop())
  expect(server.setupUrl).toMatch(/^https:\/\/slipway\.example\.com\/setup\//)
  const socket = connect({ host: '127.0.0.1', port: server.apiPort, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()
  expect(socket.getProtocol()).toBe('TLSv1.3')
  expect(certificate?.checkHost('slipway.example.com')).toBe('slipway.example.com')
  expect(certificate?.checkHost(hostname())).toBe(hostname())
  expect(certificate?.checkIP('127.0.0.1')).toBe('127.0.0.1')
  socket.destroy()
})

test('the doctor runs its checks and names a cure for each that fails', async () => {
  const dataDir = await folder()
  const server = await start(dataDir, [
    '--discovery-interface',
    '127.0.0.1',
    '--set',
    'discovery.port=19877',
    '--set',
    'default_oci_registry=127.0.0.1:9',
  ])
  cleanups.push(() => server.stop())
  const { checks } = (await (await server.call('/api/doctor')).json()) as {
    checks: { name: string; ok: boolean; message: string; cure: string | null }[]
  }
  const byName = new Map(checks.map((check) => [check.name, check]))
  for (const name of ['database', 'ports', 'certificates']) expect(byName.get(name)).toMatchObject({ ok: true })
  expect([...byName.values()].find(({ name }) => name.startsWith('multicast'))).toMatchObject({ ok: true })
  expect(byName.get('registry 127.0.0.1:9')).toMatchObject({
    ok: false,
    cure: expect.stringContaining('registries.127.0.0.1:9'),
  })
})

test('the readable log has the published patterns, and neither form shows a secret', () => {
  const lines: string[] = []
  const readable = makeLogger({ level: 'debug', readable: true, write: (line) => lines.push(line) })
  readable.info({}, 'Machine discovered: server-001 at 192.168.1.100')
  readable.error({ err: new Error('disk c0t0d0 not found') }, 'Installation failed')
  expect(lines[0]).toBe('[INFO] Machine discovered: server-001 at 192.168.1.100\n')
  expect(lines[1]).toMatch(/^\[ERROR\] Installation failed/)
  const json = makeLogger({ level: 'info', readable: false, write: (line) => lines.push(line) })
  json.debug({}, 'not shown')
  json.info({ token: 'slw_x', body: { password: 'p' } }, 'shown')
  expect(lines).toHaveLength(3)
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({
    level: 'info',
    msg: 'shown',
    token: '***',
    body: { password: '***' },
  })
})
