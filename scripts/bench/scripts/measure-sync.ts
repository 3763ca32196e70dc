import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { percentile } from './results.ts'

const writes = 100
/** About what a journal's record has. */
const record = `${'x'.repeat(299)}\n`

/** Median milliseconds of an append and fdatasync(2) in this folder: what the disk asks for each promise that is kept. */
export function measureSync(folder: string): number {
  const fd = openSync(join(folder, 'sync'), 'a')
  try {
    const times = Array.from({ length: writes }, () => {
      const started = performance.now()
      writeSync(fd, record)
      fdatasyncSync(fd)
      return performance.now() - started
    })
    return percentile(times, 50)
  } finally {
    closeSync(fd)
  }
}
