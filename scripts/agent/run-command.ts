import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A compiler that is still busy after that is stuck: the longest step here takes seconds. */
const deadlineMs = 10 * 60_000

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program to its end and resolves to its standard output; rejects with everything it wrote. */
export async function runCommand(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const [program, ...rest] = argv
  try {
    const { stdout } = await execute(program, rest, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: deadlineMs,
      maxBuffer: 64 << 20,
    })
    return stdout
  } catch (cause) {
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    throw new Error(`${program} failed: ${words || String(cause)}`, { cause })
  }
}
