import { readFile } from 'node:fs/promises'

/** Reads a small file such as a sysfs attribute, trimmed; null when it is missing, empty or cannot be read. */
export async function readText(path: string): Promise<string | null> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    return text === '' ? null : text
  } catch {
    // sysfs answers ENOENT, EINVAL (speed of a link that is down) or EIO for what it does not know.
    return null
  }
}
