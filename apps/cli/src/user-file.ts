import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Fault } from '@slipway/base'
import type { z } from 'zod'

/** Where a file of this user lies: the XDG base directory specification's place for configuration. */
export function userFile(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'slipway', name)
}

/** Reads a JSON file of this user; null where there is none. Throws `usage` for one that nobody here wrote. */
export function readUserFile<T extends z.ZodType>(file: string, schema: T): z.output<T> | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new Fault('usage', `${file} cannot be read as what slipway writes there; remove it and log in again`, {
      cause,
    })
  }
}

/** Writes it whole or not at all, readable by this user alone: it holds secrets. */
export function writeUserFile(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}
