import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { programFiles, type ProgramName } from './repository.ts'

/** Runs another of our programs in place of this one: same terminal, signals passed on, its exit code ours. */
export async function runProgram(name: ProgramName, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [programFiles[name], ...args], { stdio: 'inherit' })
  const stop = passSignals(child)
  const code = await waitForExit(child)
  stop()
  return code
}

/** Resolves with the exit code, or 128 + the signal's number as a shell does. */
export function waitForExit(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

function passSignals(child: ChildProcess): () => void {
  const terminate = () => child.kill('SIGTERM')
  const ignore = () => undefined // a terminal's Ctrl-C reaches the child by itself; this process waits for it to end
  process.on('SIGTERM', terminate)
  process.on('SIGINT', ignore)
  return () => {
    process.removeListener('SIGTERM', terminate)
    process.removeListener('SIGINT', ignore)
  }
}
