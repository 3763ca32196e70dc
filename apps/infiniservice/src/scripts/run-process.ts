import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { OutputSpool, StreamName } from './output-spool.ts'
import type { PreparedRun } from './prepare-run.ts'

/** How long the pipes may stay open after the shell ended: a daemon that keeps them must not hold the result for ever. */
export const pipesAfterExitMs = 2_000

/** A started program. `ended` never rejects. */
export interface RunningProcess {
  readonly pid: number
  /** Exit code; of a process that died by a signal 128 + its number, as shells say it. */
  readonly ended: Promise<number>
  /** True once the program itself is gone, also while its pipes are still open. */
  readonly exited: () => boolean
}

/** Starts the program in its own process group with closed input. A string says why it could not be started. */
export function startProcess(
  run: PreparedRun,
  spools: Readonly<Record<StreamName, OutputSpool>>,
  onOutput: () => void,
): Promise<RunningProcess | string> {
  const [program = '', ...args] = run.argv
  return new Promise((resolve) => {
    let child: ChildProcess
    try {
      child = spawn(program, args, {
        cwd: run.cwd,
        env: run.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: process.platform !== 'win32', // on Windows the service host's job object holds the tree
        windowsHide: true,
        ...run.identity,
      })
    } catch (error) {
      resolve(notStarted(program, error))
      return
    }
    child.once('error', (error) => resolve(notStarted(program, error)))
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        spools[name].append(chunk)
        onOutput()
      })
      child[name]?.on('error', () => {}) // the end of the stream follows, which is all that matters
    }
    const { pid } = child
    if (pid !== undefined) resolve({ pid, ...watch(child) })
  })
}

function watch(child: ChildProcess): Pick<RunningProcess, 'ended' | 'exited'> {
  let exited = false
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => {
      exited = true
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
      const timer = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve(exitCode)
      }, pipesAfterExitMs)
      child.once('close', () => {
        clearTimeout(timer)
        resolve(exitCode)
      })
    })
  })
  return { ended, exited: () => exited }
}

function notStarted(program: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'E2BIG')
    return 'its inputs and environment are larger than this system allows for one process (E2BIG); make them smaller'
  if (code === 'EAGAIN') return 'this machine cannot start another process (EAGAIN); its process limit is reached'
  return `${program} could not be started: ${error instanceof Error ? error.message : String(error)}`
}
