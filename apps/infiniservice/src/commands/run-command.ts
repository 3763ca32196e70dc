import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { findProgram, unixPath } from '../scripts/find-program.ts'
import { endProcessTree } from '../scripts/process-tree.ts'
import { pipesAfterExitMs } from '../scripts/run-process.ts'
import { runMark } from '../scripts/script-environment.ts'
import { decodeUtf8, pieceLimit } from '../scripts/utf8-piece.ts'
import { refuse, type CommandAnswer } from './command-answer.ts'

// packages/host has a runner too; it is made for installation steps on unix (a fixed unix PATH, process groups, 16 MiB of
// output, a Fault in place of an exit code) and would not run on Windows.

export interface CommandOptions {
  readonly signal: AbortSignal
  /** Added to a small environment with the C locale. */
  readonly env?: Readonly<Record<string, string>>
  /** Kept of standard output; the last bytes. Default 64 KiB. */
  readonly outputLimit?: number
}

/** What a program printed and how it ended; `error` when it could not run, failed or was stopped by the signal. */
export type CommandOutcome = CommandAnswer & { readonly stdout: string; readonly stderr: string }

/** Runs one program of the system by its argv, with closed input and in a process group that ends with the signal. */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  const [name = '', ...args] = argv
  const windows = process.platform === 'win32'
  const program = windows ? name : findProgram(name, unixPath)
  if (!program) return { ...refuse('unsupported', `${name} is not installed on this machine`), stdout: '', stderr: '' }
  if (options.signal.aborted) return { ...stopped(argv), stdout: '', stderr: '' }
  const mark = randomUUID()
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
    windowsHide: true,
    env: {
      ...(windows ? process.env : { PATH: unixPath, HOME: '/root', LC_ALL: 'C.UTF-8' }),
      ...options.env,
      [runMark]: mark,
    },
  })
  const stdout = keepLast(options.outputLimit ?? pieceLimit)
  const stderr = keepLast(pieceLimit)
  child.stdout.on('data', stdout.push)
  child.stderr.on('data', stderr.push)
  const endings: Promise<void>[] = []
  const stop = () => {
    if (child.pid !== undefined) endings.push(endProcessTree(child.pid, mark))
  }
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    const exit_code = await endOf(child)
    await Promise.all(endings)
    const outcome = { exit_code, stdout: stdout.text(), stderr: stderr.text() }
    if (endings.length > 0) return { ...outcome, ...stopped(argv) }
    return exit_code === 0 ? outcome : { ...outcome, ...failed(argv, exit_code, outcome.stderr || outcome.stdout) }
  } catch (error) {
    return { ...refuse('command-failed', `${name} could not be started: ${String(error)}`), stdout: '', stderr: '' }
  } finally {
    options.signal.removeEventListener('abort', stop)
  }
}

/** The exit code, null after a signal. A daemon that was started and keeps the pipes is waited for two seconds only. */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      const timer = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve(code)
      }, pipesAfterExitMs)
      child.once('close', () => {
        clearTimeout(timer)
        resolve(code)
      })
    })
  })
}

function keepLast(limit: number) {
  let chunks: Buffer[] = []
  let size = 0
  return {
    push(chunk: Buffer) {
      chunks.push(chunk)
      size += chunk.length
      if (size < 2 * limit) return
      const all = Buffer.concat(chunks)
      chunks = [all.subarray(all.length - limit)]
      size = limit
    },
    text() {
      const all = Buffer.concat(chunks)
      return decodeUtf8(all.subarray(Math.max(0, all.length - limit)))
    },
  }
}

function stopped(argv: readonly string[]): CommandAnswer {
  return refuse('command-failed', `${argv.join(' ')} did not end within the command's timeout and was stopped`)
}

function failed(argv: readonly string[], exitCode: number | null, output: string): CommandAnswer {
  const end = exitCode === null ? 'was killed by a signal' : `ended with ${exitCode}`
  const lastLine = output.trim().split('\n').at(-1)?.slice(0, 500) ?? ''
  return refuse('command-failed', `${argv.join(' ')} ${end}: ${lastLine}`)
}
