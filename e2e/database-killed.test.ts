import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, serveRandomImage, startMachines, startRegistryProxy, startServer } from '@slipway/testing'
import { afterAll, expect, it } from 'vitest'
import { beginInstallation, expectWhole } from './whole-installation.ts'

const folder = await mkdtemp(join(tmpdir(), 'slipway-database-killed-'))
await chmod(folder, 0o711) // as root, PostgreSQL's user must be able to enter
const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean()
})

it('an installation goes on to its end when PostgreSQL is killed under it, twice, and nothing of it is lost', async () => {
  const registry = await serveRandomImage(join(folder, 'image'), 4 * 1024 * 1024)
  cleanups.push(() => registry.close())
  const proxy = await startRegistryProxy({ targetPort: registry.port })
  cleanups.push(() => proxy.close())
  const [discoveryPort = 0] = await freePorts(1)
  const server = await startServer({ dataDir: join(folder, 'server'), discoveryPort })
  cleanups.push(() => server.stop())
  const machines = await startMachines({ server, count: 2, dataDir: join(folder, 'machines'), discoveryPort })
  cleanups.push(() => machines.stop())
  const [machine, idle] = (await server.machines(2)).map(({ machine_id }) => machine_id)
  if (!machine || !idle) throw new Error('two machines were waited for')

  const hold = proxy.holdBlobs(1024 * 1024)
  const id = await beginInstallation(server.client, machine, `oci://${proxy.host}/test/image:latest`)
  await hold.reached
  await server.until(id, ({ status, bytes_done }) => status === 'pulling' && (bytes_done ?? 0) > 0)
  const first = killPostgres(server.dataDir)
  await expect.poll(() => postmaster(server.dataDir), { timeout: 30_000 }).not.toBe(first)
  await server.until(id, ({ status }) => status === 'pulling')
  const second = killPostgres(server.dataDir)
  // From here on the machine has more to tell, while nobody can write it down.
  hold.release()
  expect(await server.untilEnded(id)).toMatchObject({ status: 'completed' })
  expect(postmaster(server.dataDir)).not.toBe(second)
  const events = await expectWhole(server, id, idle)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const logs: number[] = []
  for await (const line of server.client.stream('getLogs', { params: { id }, query: { level: 'debug' } }))
    logs.push(line.seq)
  expect(logs).toEqual([...new Set(logs)].toSorted((a, b) => a - b))
  expect(logs.length).toBeGreaterThan(5)
}, 120_000)

function postmaster(dataDir: string): number {
  try {
    return Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return 0 // just being made
  }
}

/** SIGKILL to the postmaster and everything that it started, as the kernel's out-of-memory killer may do; returns its pid. */
function killPostgres(dataDir: string): number {
  const pid = postmaster(dataDir)
  expect(pid).toBeGreaterThan(1)
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
  expect(children.length).toBeGreaterThan(3)
  for (const one of [pid, ...children.map(Number)]) killIfThere(one)
  return pid
}

/** A backend may have ended since it was listed: its connection was closed, or it saw the postmaster die. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** proc(5): the fourth field of `stat`; the second, in brackets, may hold anything. */
function parentOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0 // it ended meanwhile
  }
}
