import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where everything that can be made again is kept. */
export function cacheRoot(): string {
  return process.env.SLIPWAY_CACHE || join(homedir(), '.cache', 'slipway')
}

/**
 * Returns the folder of this name in the cache, made by `make` when it is not there. It is made under another name and renamed
 * when whole, so that half a folder is never taken for one; of two makers at once the first wins.
 */
export async function cachedFolder(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheRoot(), name)
  if (existsSync(folder)) return folder
  const making = `${folder}.making-${randomUUID()}`
  await mkdir(making, { recursive: true })
  try {
    await make(making)
    await rename(making, folder)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** A build that still copies from a folder is over by then. */
const inUseMs = 3_600_000

/**
 * Removes all but the newest folders whose names begin so, and none of the last hour: each change of the agent or of the key makes
 * another 110 MB.
 */
export async function pruneCache(prefix: string, keep: number): Promise<void> {
  const names = (await readdir(cacheRoot()).catch(() => [])).filter((name) => name.startsWith(prefix))
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(cacheRoot(), name)).catch(() => null))?.mtimeMs ?? 0 })),
  )
  const old = aged.sort((a, b) => b.at - a.at).slice(keep)
  for (const { name, at } of old)
    if (Date.now() - at > inUseMs) await rm(join(cacheRoot(), name), { recursive: true, force: true })
}
