import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Longer than any of them takes to leave; then it is killed. */
const stopMs = 10_000

/** A program of the bench; what it says is kept for the error. */
export interface Child {
  readonly pid: number
  said(): string
  hasEnded(): boolean
  stop(): Promise<void>
}

const running = new Set<() => void>()
// A bench that breaks leaves nothing behind.
process.on('exit', () => {
  for (const kill of running) kill()
})

/** `group`: a program that leaves children behind when it is asked to end; its whole process group is ended. */
export interface ChildOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly group?: boolean
}

/** Starts a program with nothing of this environment but the path. */
export function startChild(argv: readonly [string, ...string[]], options: ChildOptions = {}): Child {
  const [program, ...args] = argv
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.group === true,
  })
  const end = (signal: NodeJS.Signals) => {
    if (options.group && child.pid !== undefined) process.kill(-child.pid, signal)
    else child.kill(signal)
  }
  const endNow = () => end('SIGTERM')
  running.add(endNow)
  child.once('exit', () => running.delete(endNow))
  let said = ''
  // The last words are enough to explain an end.
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)))
  child.on('error', (error) => (said += error.message))
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid ?? 0,
    said: () => said,
    hasEnded,
    async stop() {
      if (hasEnded()) return
      const gone = once(child, 'close')
      end('SIGTERM')
      const timer = setTimeout(() => end('SIGKILL'), stopMs)
      await gone
      clearTimeout(timer)
    },
  }
}
