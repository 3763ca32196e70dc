import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault, silentLogger } from '@slipway/base'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { Database } from '../database.ts'
import { openDatabase } from '../open-database.ts'
import { lockDataDirectory } from './data-lock.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'
import { chooseBinaries, type Binaries } from './find-binaries.ts'
import { socketFolderCandidates } from './socket-folder.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'slipway-embedded-'))
const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop()
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

async function start(): Promise<{ postgres: EmbeddedPostgres; database: Database }> {
  const postgres = await startEmbeddedPostgres({ dataDir, logger: silentLogger })
  running.push(postgres)
  const database = openDatabase({ url: postgres.url, logger: silentLogger })
  running.push({ stop: () => database.close() })
  return { postgres, database }
}

async function outcome(query: Promise<unknown>): Promise<string> {
  return query.then(
    () => 'ok',
    (error: unknown) => (error instanceof Fault ? error.code : String(error)),
  )
}

function isRunning(pid: number): boolean {
  // An orphan's zombie may stay where nobody reaps; it has ended all the same.
  const text = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z '
  return !text.includes(') Z ')
}

test('rows survive a clean stop, and a postmaster that was killed leaves the data recoverable', async () => {
  const first = await start()
  await first.database.query('CREATE TABLE kept (n bigint)')
  await first.database.query('INSERT INTO kept VALUES (1)')
  const fsync = await first.database.query<{ fsync: string }>('SHOW fsync')
  expect(fsync[0]?.fsync).toBe('on')
  await first.database.close()
  await first.postgres.stop()
  running.splice(0)

  const second = await start()
  await second.database.query('INSERT INTO kept VALUES (2)')
  const pid = second.postgres.pid()
  expect(pid).not.toBeNull()
  process.kill(pid ?? 0, 'SIGKILL')
  await expect.poll(() => outcome(second.database.query('SELECT 1')), { timeout: 20_000 }).toBe('database-unavailable')
  await expect.poll(() => outcome(second.database.query('SELECT 1')), { timeout: 20_000 }).toBe('ok')
  expect(await second.database.query('SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }])
  expect(second.postgres.pid()).not.toBe(pid)
})

test('the server of an instcomd that was killed is stopped, and the new one takes its data over', async () => {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'embedded-postgres.ts'))}
    const quiet = { debug() {}, info() {}, warn() {}, error() {} }
    const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, logger: quiet })
    console.log(postgres.pid())`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(holder.stdout, 'data')) as [Buffer] // stream events carry one chunk
  const orphan = Number(String(line))
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(isRunning(orphan)).toBe(true)
  const { postgres, database } = await start()
  expect(postgres.pid()).not.toBe(orphan)
  expect(isRunning(orphan)).toBe(false)
  expect(await outcome(database.query('SELECT 1'))).toBe('ok')
})

test('a LISTEN connection hears again after the server was killed, and its handler is called to make up for lost hints', async () => {
  const { postgres, database } = await start()
  const heard: string[] = []
  await database.listen('marks', (payload) => heard.push(payload))
  await database.query("SELECT pg_notify('marks', 'one')")
  await expect.poll(() => heard).toContain('one')
  heard.length = 0
  process.kill(postgres.pid() ?? 0, 'SIGKILL')
  await expect.poll(() => heard, { timeout: 20_000 }).toContain('')
  await database.query("SELECT pg_notify('marks', 'two')")
  await expect.poll(() => heard).toContain('two')
})

test('a data directory of another major version is refused with the cure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-major-'))
  await writeFile(join(folder, 'PG_VERSION'), '12\n')
  const found: Binaries[] = [{ root: '/x', major: 18, version: '18.4', relocatable: true }]
  const refused = await chooseBinaries(folder, found).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'database-version', details: { data_major: 12 } })
  expect(String(refused)).toContain('apt-get install postgresql-12')
  await mkdir(join(folder, 'postgres', 'data'), { recursive: true })
  await writeFile(join(folder, 'postgres', 'data', 'PG_VERSION'), '9\n')
  await expect(startEmbeddedPostgres({ dataDir: folder, logger: silentLogger })).rejects.toMatchObject({
    code: 'database-version',
  })
  await rm(folder, { recursive: true })
})

test('two instcomds never share a data directory; a lock of a dead process does not count', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-lock-'))
  const release = await lockDataDirectory(folder)
  await expect(lockDataDirectory(folder)).rejects.toMatchObject({ code: 'conflict' })
  await release()
  await writeFile(join(folder, 'instcomd.lock'), `${process.pid} 12`) // our pid, but of a process that started at another time
  const again = await lockDataDirectory(folder)
  expect(await readFile(join(folder, 'instcomd.lock'), 'utf8')).not.toBe(`${process.pid} 12`)
  await again()
  await rm(folder, { recursive: true })
})

test('a socket path over 100 bytes moves to /run/slipway or the temporary folder', () => {
  const long = `/var/lib/${'x'.repeat(100)}/postgres/run`
  const [run, temporary] = socketFolderCandidates(long, 7)
  expect(run).toMatch(/^\/run\/slipway\/[0-9a-f]{16}$/)
  expect(temporary).toContain('slipway-7-')
  expect(socketFolderCandidates('/var/lib/slipway/postgres/run', 7)).toEqual(['/var/lib/slipway/postgres/run'])
})

test.runIf(process.getuid?.() === 0)(
  'as root, a data directory below a closed folder is refused with the command that opens it',
  async () => {
    const closed = await mkdtemp(join(tmpdir(), 'slipway-closed-'))
    await chmod(closed, 0o700)
    const refused = startEmbeddedPostgres({ dataDir: join(closed, 'data'), logger: silentLogger })
    await expect(refused).rejects.toThrow(`chmod o+x ${closed}`)
    await rm(closed, { recursive: true })
  },
)
