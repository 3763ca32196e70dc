import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const apps = join(import.meta.dirname, '../../../../apps')
const files = {
  instcomd: join(apps, 'instcomd/src/main.ts'),
  simulate: join(apps, 'machined/src/simulate-main.ts'),
  slipway: join(apps, 'cli/src/main.ts'),
}

/** One of our programs, started as a service manager would; everything that it says is kept. */
export interface ChildProgram {
  readonly pid: number
  said(): string
  hasEnded(): boolean
  /** Sends the signal (SIGTERM when left out) and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a program with nothing of this environment but the path: whatever the user has set is not the test's. */
export function startProgram(
  name: keyof typeof files,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProgram {
  const child = spawn(process.execPath, [files[name], ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, SLIPWAY_LOG: 'debug', ...env },
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid ?? 0,
    said: () => said.join(''),
    hasEnded,
    async stop(signal = 'SIGTERM') {
      if (hasEnded()) return
      const gone = once(child, 'close') // its last words have arrived then
      child.kill(signal)
      await gone
    },
  }
}
