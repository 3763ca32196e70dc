import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a small file so that after a power cut it is the old one or the new one, whole: written beside, flushed,
 * renamed, and the folder flushed. Mode 0600.
 */
export async function writeDurably(file: string, text: string): Promise<void> {
  const beside = `${file}.new`
  const handle = await open(beside, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(beside, file)
  await flushFolder(dirname(file))
}

/** A rename or a new file is durable only once its folder is flushed (fsync(2), NOTES). */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
