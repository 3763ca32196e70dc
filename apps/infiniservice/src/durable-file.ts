import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a small file so that after a power cut it is the old one or the new one, whole: written beside, flushed, renamed,
 * and the folder flushed (fsync(2), NOTES). Readable by the owner alone unless told otherwise.
 */
export function writeDurably(file: string, text: string, mode = 0o600): void {
  const beside = `${file}.new`
  const fd = openSync(beside, 'w', mode)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(beside, file)
  flushFolder(dirname(file))
}

/** Makes renames in a folder durable. Windows cannot open a folder, and its file system journals renames. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
