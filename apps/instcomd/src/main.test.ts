import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'

const folder = await mkdtemp(join(tmpdir(), 'slipway-main-'))
await chmod(folder, 0o711) // as root, PostgreSQL's user must be able to enter
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
  await rm(folder, { recursive: true, force: true })
})

const quietDiscovery = ['--set', 'discovery.interface=127.0.0.1', '--set', 'discovery.port=19878']

/** Runs the program as a service manager would; `url` resolves when it listens. */
function run(flags: readonly string[]) {
  const dataDir = join(folder, 'data')
  const argv = [
    join(import.meta.dirname, 'main.ts'),
    '--data-dir',
    dataDir,
    '--machine-port',
    '0',
    ...quietDiscovery,
    ...flags,
  ]
  const child = spawn(process.execPath, argv, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  })
  children.push(child)
  const { promise: url, resolve, reject } = Promise.withResolvers<string>()
  url.catch(() => undefined) // a program that is meant to end has no address
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => {
      output.push(line)
      const found = /"msg":"Listening: ([^"]+)"/.exec(line)?.[1]
      if (found) resolve(found)
    })
  child.once('exit', () => reject(new Error(output.join('\n'))))
  return { child, url, output, dataDir, exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> }
}

async function call(url: string, path: string, dataDir: string, init: RequestInit = {}): Promise<unknown> {
  const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return (await fetch(url + path, { ...init, headers })).json()
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0])
}

test('what was stored is there after kill -9 of instcomd and of PostgreSQL, and SIGTERM ends everything within five seconds', async () => {
  const first = run(['--port', '0'])
  const made = await call(await first.url, '/api/enrollments', first.dataDir, { method: 'POST', body: '{}' })
  const orphan = await postmasterPid(first.dataDir)
  first.child.kill('SIGKILL')
  await first.exited

  const second = run(['--port', '0'])
  const url = await second.url
  const listed = () => call(url, '/api/enrollments', second.dataDir)
  expect(await listed()).toMatchObject({ items: [{ id: (made as { id: string }).id }] })
  const pid = await postmasterPid(second.dataDir)
  expect(pid).not.toBe(orphan)

  process.kill(pid, 'SIGKILL')
  const statuses = new Set<number>()
  const ready = async () => {
    const { status } = await fetch(`${url}/ready`)
    statuses.add(status)
    return status
  }
  await expect.poll(ready, { timeout: 20_000, interval: 5 }).toBe(503)
  expect(await listed()).toMatchObject({ error: { code: 'database-unavailable' } })
  await expect.poll(ready, { timeout: 20_000 }).toBe(200)
  expect(await listed()).toMatchObject({ items: [{ id: (made as { id: string }).id }] })

  const started = Date.now()
  second.child.kill('SIGTERM')
  expect(await second.exited).toEqual([0, null])
  expect(Date.now() - started).toBeLessThan(5000)
  await expect(readFile(join(second.dataDir, 'postgres/data/postmaster.pid'))).rejects.toThrow('ENOENT')
  expect(second.output.join('\n')).not.toContain((await readFile(join(second.dataDir, 'admin.token'), 'utf8')).trim())
}, 60_000)

test('a port in use ends the program with exit code 1 and says who has it; a bad configuration with 2', async () => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const refused = run(['--port', String(port)])
  expect(await refused.exited).toEqual([1, null])
  expect(refused.output.join('\n')).toContain(`port ${port} on 127.0.0.1 is used by process ${process.pid}`)
  taken.close()

  await writeFile(join(folder, 'slipway.yaml'), 'server:\n  prot: 1\n')
  const unknown = run([])
  expect(await unknown.exited).toEqual([2, null])
  expect(unknown.output.join('\n')).toMatch(/slipway\.yaml:2:9: server\.prot/)
  await rm(join(folder, 'slipway.yaml'))
}, 60_000)
