import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'

/** A program that was started to go on in the background; its output is in `log`. */
export interface BackgroundProcess {
  readonly pid: number
  readonly log: string
  isRunning(): boolean
  /** SIGTERM, after `graceMs` SIGKILL; resolves when it is gone. */
  stop(graceMs?: number): Promise<void>
  /** SIGKILL, as a crash would; resolves when it is gone. */
  kill(): Promise<void>
}

/** Starts a program with its output to a file; `name` is for messages. Stopping goes by this process's own pid. */
export async function startInBackground(
  name: string,
  argv: readonly [string, ...string[]],
  options: { log: string; env?: NodeJS.ProcessEnv },
): Promise<BackgroundProcess> {
  const output = openSync(options.log, 'a')
  // The kernel ends it when this process dies, however that happens: no machine is left running (man 2 prctl).
  const [program, rest] = ['setpriv', ['--pdeathsig', 'KILL', '--', ...argv]]
  const child = spawn(program, rest, { stdio: ['ignore', output, output], env: { ...process.env, ...options.env } })
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new Error(`${name} cannot be started with setpriv; is Debian's util-linux installed?`, { cause })
  })
  return {
    pid: child.pid ?? 0,
    log: options.log,
    isRunning: () => isRunning(child),
    stop: (graceMs = 5000) => stop(child, graceMs),
    kill: () => stop(child, 0),
  }
}

/** The last lines of a program's log, for messages about it. */
export function lastWords(process: BackgroundProcess): string {
  return readFileSync(process.log, 'utf8').slice(-4000)
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

async function stop(child: ChildProcess, graceMs: number): Promise<void> {
  if (!isRunning(child)) return
  const exited = once(child, 'exit')
  if (graceMs === 0) child.kill('SIGKILL')
  else child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exited
  clearTimeout(timer)
}
