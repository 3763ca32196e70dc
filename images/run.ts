import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Runs a program to its end and resolves to what it wrote to standard output, trimmed; its other output goes to ours.
 * Rejects with the program's name and exit code when that is not 0.
 */
export async function run(argv: readonly [string, ...string[]], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const [program, ...rest] = argv
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code, signal] = await once(child, 'close')
  if (code !== 0)
    throw new Error(`${argv.join(' ')} ended with ${signal ?? `exit code ${code}`}; its messages are above`)
  return output.trim()
}
