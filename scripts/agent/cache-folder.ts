import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
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
