import { readFileSync, truncateSync } from 'node:fs'

/**
 * The lines of a file that is only appended to. A last line without its newline is what a power cut left: it is cut off, so that
 * the next line does not continue it. Throws what the file system says.
 */
export function readWholeLines(path: string): string[] {
  const bytes = readFileSync(path)
  const end = bytes.lastIndexOf(0x0a) + 1
  if (end < bytes.length) truncateSync(path, end)
  return bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
}
