import { execFile } from 'node:child_process'

/** Runs a program of the system without a shell and returns what it printed, or null when it failed or took too long. */
export function runTool(
  argv: readonly [string, ...string[]],
  options: { signal: AbortSignal; deadlineMs: number },
): Promise<string | null> {
  const [program, ...args] = argv
  const { signal, deadlineMs } = options
  const limits = {
    timeout: deadlineMs,
    signal,
    maxBuffer: 8 * 1024 * 1024,
    windowsHide: true,
    encoding: 'utf8',
  } as const
  return new Promise((resolve) => {
    execFile(program, args, limits, (error, stdout) => resolve(error ? null : stdout))
  })
}
