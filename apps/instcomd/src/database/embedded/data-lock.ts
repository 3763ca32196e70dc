import { readFileSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@slipway/base'

const tries = 5

/**
 * Takes the data directory for this process; released by the returned function, or by the process's end.
 * The lock names pid and start time, so neither a killed owner nor a pid used again holds it. Throws `conflict`.
 */
export async function lockDataDirectory(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'instcomd.lock')
  const own = `${process.pid} ${startTime(process.pid)}`
  const draft = `${path}.${process.pid}`
  await writeFile(draft, own)
  try {
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      if (await linked(draft, path)) return () => rm(path, { force: true })
      await removeStale(path, dataDir)
    }
  } finally {
    await rm(draft, { force: true })
  }
  throw new Fault('conflict', `the lock ${path} could not be taken; another instcomd is starting on it. Try again`)
}

/** link(2) creates the name whole or not at all. */
async function linked(draft: string, path: string): Promise<boolean> {
  return link(draft, path).then(
    () => true,
    () => false,
  )
}

async function removeStale(path: string, dataDir: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return // released in between
  const [pid = '', started = ''] = text.split(' ')
  if (startTime(Number(pid)) === started)
    throw new Fault(
      'conflict',
      `the data directory ${dataDir} is used by the instcomd with process id ${pid}; stop it, or give this one another --data-dir`,
      { details: { pid: Number(pid) } },
    )
  // Renamed first: of two that find the lock stale, one removes it, and never the other's fresh one.
  const stale = `${path}.stale-${process.pid}`
  await rename(path, stale).catch(() => undefined)
  const moved = await readFile(stale, 'utf8').catch(() => null)
  if (moved !== null && moved !== text) await link(stale, path).catch(() => undefined)
  await rm(stale, { force: true })
}

/** Field 22 of /proc/PID/stat (proc(5)), counted behind the name, which may hold anything; empty when there is no process. */
function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
