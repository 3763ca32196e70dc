import { readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { delay, Fault, type Logger } from '@slipway/base'

const fastMs = 3000
const immediateMs = 5000

/**
 * Stops the postmaster that an instcomd killed before us left on this data directory; a stale `postmaster.pid` alone is
 * PostgreSQL's own business (it checks the pid and the shared memory). The caller holds the lock of the data directory.
 */
export async function stopOrphan(dataFolder: string, logger: Logger): Promise<void> {
  const pid = await findPostmaster(dataFolder)
  if (pid === null) return
  logger.warn({ pid }, 'A PostgreSQL of an earlier instcomd still runs on the data directory; stopping it')
  await stopPostmaster(pid)
}

/** Stops a postmaster: SIGINT (fast) writes a checkpoint; then SIGQUIT (immediate) leaves recovery to the next start. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [signal, wait] of [
    ['SIGINT', fastMs],
    ['SIGQUIT', immediateMs],
    ['SIGKILL', immediateMs],
  ] as const) {
    if (!send(pid, signal) || (await endsWithin(pid, wait))) return
  }
  throw new Fault('database-unavailable', `the PostgreSQL with process id ${pid} cannot be stopped; stop it by hand`)
}

/** The pid in `postmaster.pid`, if it is alive, a postgres, and works in this folder (pids are used again). */
async function findPostmaster(dataFolder: string): Promise<number | null> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return null
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
  return name.trim() === 'postgres' && cwd === dataFolder ? pid : null
}

async function endsWithin(pid: number, ms: number): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await delay(20)) {
    if (!(await isRunning(pid))) return true
  }
  return false
}

/** A zombie has ended; its parent just has not looked yet. */
async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text !== null && !/\) [ZX] /.test(text)
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false // gone
  }
}
