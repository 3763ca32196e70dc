import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

const limit = 4 * 1024 * 1024 // account files of a hundred thousand users

/**
 * Reads a regular file; null when it is missing, a link, a pipe or too large. Never through a link at the end of the
 * path: what lies in a user's own directory may point at /etc/shadow, and its contents would end up in that user's file.
 */
export async function readPlainFile(path: string): Promise<Buffer | null> {
  // O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null)
  if (!file) return null
  try {
    const found = await file.stat()
    return found.isFile() && found.size <= limit ? await file.readFile() : null
  } finally {
    await file.close()
  }
}
