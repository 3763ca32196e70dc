import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

const cliMain = join(import.meta.dirname, '../apps/cli/src/main.ts')

interface CliOptions {
  /** The whole environment; PATH is added. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What is typed into it. */
  readonly input?: string
}

/** Starts `slipway` as a person would, with this environment alone. */
export function startCli(
  args: readonly string[],
  { env, input = '' }: CliOptions,
): ChildProcessByStdio<Writable, Readable, Readable> {
  const child = spawn(process.execPath, [cliMain, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  return child
}

/** Runs `slipway` to its end. */
export async function runCli(args: readonly string[], options: CliOptions) {
  const child = startCli(args, options)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: code as number, out, err } // exit's first argument; null only after a signal
}
