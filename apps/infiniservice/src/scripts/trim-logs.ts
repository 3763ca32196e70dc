import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Outputs of acknowledged runs are a convenience for whoever sits at the machine: the host has them. */
const keepRuns = 20
const keepBytes = 64 * 1024 * 1024

/** Removes the oldest runs' logs beyond 20 runs or 64 MiB; the newest always stays. */
export async function trimLogs(directory: string): Promise<void> {
  const names = await readdir(directory)
  const sized = await Promise.all(names.map((name) => measure(join(directory, name))))
  const runs = sized.filter((run) => run !== null).sort((a, b) => b.modified - a.modified)
  let bytes = 0
  for (const [index, run] of runs.entries()) {
    bytes += run.bytes
    if (index > 0 && (index >= keepRuns || bytes > keepBytes)) await rm(run.path, { recursive: true, force: true })
  }
}

/** Null: removed meanwhile. */
async function measure(path: string): Promise<{ path: string; modified: number; bytes: number } | null> {
  try {
    const { mtimeMs } = await stat(path)
    const files = await Promise.all((await readdir(path)).map((name) => stat(join(path, name))))
    return { path, modified: mtimeMs, bytes: files.reduce((sum, file) => sum + file.size, 0) }
  } catch {
    return null
  }
}
