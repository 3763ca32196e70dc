import { readFileSync } from 'node:fs'
import { Fault } from '@slipway/base'

/** Reads a text file, or standard input for `-`. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new Fault('usage', `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
