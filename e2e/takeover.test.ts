import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  freePorts,
  serveRandomImage,
  startMachines,
  startRegistryProxy,
  startServer,
  withTestDatabase,
  type Server,
} from '@slipway/testing'
import { afterAll, expect, it } from 'vitest'
import { beginInstallation, expectWhole } from './whole-installation.ts'

/** run-store.ts of instcomd: the longest time that an installation stays with an instance that died. */
const leaseMs = 10_000

const folder = await mkdtemp(join(tmpdir(), 'slipway-takeover-'))
const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean()
})

it('of two servers on one database the other takes over when one is killed in the middle of a layer', async () => {
  // An empty template: the first server migrates it, as it would an operator's own PostgreSQL.
  const database = await withTestDatabase({ templateKey: 'empty', prepare: () => Promise.resolve() })
  cleanups.push(() => database.drop())
  const registry = await serveRandomImage(join(folder, 'image'), 4 * 1024 * 1024)
  cleanups.push(() => registry.close())
  const proxy = await startRegistryProxy({ targetPort: registry.port })
  cleanups.push(() => proxy.close())
  const [discoveryPort = 0] = await freePorts(1)
  const shared = { discoveryPort, databaseUrl: database.url, masterKey: randomBytes(32) }
  const start = async (name: string): Promise<Server> => {
    const server = await startServer({ ...shared, dataDir: join(folder, name) })
    cleanups.push(() => server.stop())
    return server
  }
  const one = await start('one')
  const other = await start('other')
  const machines = await startMachines({ server: one, count: 2, dataDir: join(folder, 'machines'), discoveryPort })
  cleanups.push(() => machines.stop())
  const [machine, idle] = (await one.machines(2)).map(({ machine_id }) => machine_id)
  if (!machine || !idle) throw new Error('two machines were waited for')
  const fence = async () =>
    (await other.client.call('getMachine', { params: { machine_id: machine } })).claim?.fence ?? 0

  const hold = proxy.holdBlobs(1024 * 1024)
  const id = await beginInstallation(one.client, machine, `oci://${proxy.host}/test/image:latest`)
  await hold.reached
  await one.until(id, ({ status, bytes_done }) => status === 'pulling' && (bytes_done ?? 0) > 0)
  const before = await fence()
  expect(before).toBeGreaterThan(0)
  const killed = Date.now()
  await one.stop('SIGKILL')
  await expect.poll(fence, { timeout: 30_000, interval: 50 }).toBeGreaterThan(before)
  expect(Date.now() - killed).toBeLessThan(leaseMs + 3000)
  hold.release()
  expect(await other.untilEnded(id)).toMatchObject({ status: 'completed' })
  const events = await expectWhole(other, id, idle)
  const resumed = events.filter(({ type }) => type === 'installation.resumed')
  expect(resumed.map(({ data }) => data.installation_id)).toEqual([id])
}, 120_000)
