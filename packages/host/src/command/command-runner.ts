import { Fault, type Logger } from '@slipway/base'
import { spawn, type ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { CommandRecord } from '../host.ts'
import { readKernelWaits } from './kernel-waits.ts'

/** How one command is run. Every command has a signal and a deadline; output is bounded. */
export interface CommandOptions {
  readonly signal: AbortSignal
  /** Default 120 s. */
  readonly deadlineMs?: number
  /** Bytes or chunks for the command's standard input; a stream is read only as fast as the command takes it. */
  readonly input?: string | AsyncIterable<Uint8Array>
  /** Exit codes that are answers and not failures; default only 0. */
  readonly accept?: readonly number[]
  readonly env?: Readonly<Record<string, string>>
  /** Working directory; default the program's own. */
  readonly cwd?: string
}

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/**
 * Runs one command by its argv (never through a shell) and returns what it printed.
 * Throws `command-failed` (details: argv, exit_code, last_words), `step-timeout`, `cancelled`, or `unsupported`
 * when the program is not installed. A command that does not even end when it is killed is left behind (details:
 * argv, kernel_waits).
 */
export type CommandRunner = (argv: readonly string[], options: CommandOptions) => Promise<CommandResult>

const defaultDeadlineMs = 120_000
const outputLimit = 16 * 1024 * 1024 // lsblk of a thousand disks prints about 2 MiB
const killAfterMs = 5_000 // what a well-behaved tool needs to remove its temporary files
const leaveAfterMs = 5_000 // a killed process is gone at once, unless it waits in the kernel
const lastWordsLimit = 2_000

/** Makes the runner that every real host uses; each run is logged and handed to `onRecord` (tests compare argv). */
export function makeCommandRunner(options: {
  logger: Logger
  onRecord?: (record: CommandRecord) => void
}): CommandRunner {
  return async function run(argv, commandOptions) {
    const startedAt = new Date()
    const started = performance.now()
    const outcome = await runOnce(argv, commandOptions)
    const record: CommandRecord = {
      argv,
      started_at: startedAt.toISOString(),
      duration_ms: Math.round(performance.now() - started),
      exit_code: outcome.exitCode,
      fault: outcome.fault,
    }
    options.onRecord?.(record)
    const fields = { argv, duration_ms: record.duration_ms, exit_code: record.exit_code }
    if (outcome.fault) options.logger.warn({ ...fields, error: outcome.fault.message }, 'command failed')
    else options.logger.debug(fields, 'command ran')
    if (outcome.fault) throw outcome.fault
    return { stdout: outcome.stdout, stderr: outcome.stderr, exitCode: outcome.exitCode ?? 0 }
  }
}

/** An exit code; null after a signal. */
type Exit = number | null | 'left behind'

interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
  readonly fault: Fault | null
}

async function runOnce(argv: readonly string[], options: CommandOptions): Promise<Outcome> {
  const [program = '', ...args] = argv
  if (options.signal.aborted) return failed(stopped(argv, options.signal))
  const deadline = AbortSignal.timeout(options.deadlineMs ?? defaultDeadlineMs)
  const stop = AbortSignal.any([options.signal, deadline])
  // Its own process group, so that what it started ends with it (update-initramfs starts dozens of programs).
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: environment(options.env),
    cwd: options.cwd,
  })
  const output = collect(child)
  const killer = killOnAbort(child, stop)
  const ended = Promise.race([exit(child), killer.left])
  const feeding = feed(
    child,
    ended.catch(() => null),
    options,
  )
  try {
    const exitCode = await ended
    if (exitCode === 'left behind') return failed(await leave(child, argv, options))
    const feedError = await feeding
    const text = { stdout: output.stdout(), stderr: output.stderr() }
    if (options.signal.aborted) return { ...text, exitCode, fault: stopped(argv, options.signal) }
    if (deadline.aborted) return { ...text, exitCode, fault: timedOut(argv, options) }
    if (output.overflowed()) return { ...text, exitCode, fault: tooMuch(argv) }
    if (!isAccepted(exitCode, options))
      return { ...text, exitCode, fault: commandFailed(argv, exitCode, text, feedError) }
    return { ...text, exitCode, fault: feedError ? commandFailed(argv, exitCode, text, feedError) : null }
  } catch (error) {
    return failed(notStarted(argv, error))
  } finally {
    killer.done()
  }
}

function environment(extra: CommandOptions['env']): Record<string, string> {
  // C locale: outputs are parsed. A fixed PATH: a service's may lack sbin.
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: '/root', ...extra }
}

function exit(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code))
  })
}

function collect(child: ChildProcess) {
  const out: Buffer[] = []
  const errors: Buffer[] = []
  let size = 0
  let overflowed = false
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= outputLimit) out.push(chunk)
    else if (!overflowed) {
      overflowed = true
      killGroup(child, 'SIGKILL')
    }
  })
  let errorSize = 0
  child.stderr?.on('data', (chunk: Buffer) => {
    errors.push(chunk)
    errorSize += chunk.length
    // Only the last words matter: drop from the front what is over a generous bound.
    while (errorSize > 64 * 1024 && errors.length > 1) errorSize -= errors.shift()?.length ?? 0
  })
  return {
    stdout: () => Buffer.concat(out).toString('utf8'),
    stderr: () => Buffer.concat(errors).toString('utf8'),
    overflowed: () => overflowed,
  }
}

/**
 * Writes the input with back-pressure; returns why the source broke, or null.
 * A command that stops reading early and is content with what it had (GNU tar after the end mark) is no failure, but
 * the source is still read to its end: its digest is only checked there.
 */
async function feed(child: ChildProcess, ended: Promise<Exit>, options: CommandOptions): Promise<unknown> {
  const { stdin } = child
  if (!stdin) return null
  stdin.on('error', () => {}) // EPIPE destroys the stream; the exit code will say whether that is bad
  try {
    if (typeof options.input === 'string') stdin.write(options.input)
    else if (options.input) {
      for await (const chunk of options.input) {
        if (stdin.destroyed && !isAccepted(await ended, options)) break
        if (!stdin.destroyed && !stdin.write(chunk)) await drained(stdin)
      }
    }
  } catch (error) {
    // The source broke (a digest, the network): the command must not take a short input for a whole one.
    killGroup(child, 'SIGKILL')
    return error
  } finally {
    stdin.end()
  }
  return null
}

function isAccepted(exitCode: Exit, options: CommandOptions): boolean {
  return typeof exitCode === 'number' && (options.accept ?? [0]).includes(exitCode)
}

/** Waits until the stream takes more, or never will: node destroys it without a word when the command has ended. */
function drained(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stdin.destroyed) return resolve()
    const done = () => {
      for (const event of ['drain', 'error', 'close'] as const) stdin.off(event, done)
      resolve()
    }
    for (const event of ['drain', 'error', 'close'] as const) stdin.once(event, done)
  })
}

function killOnAbort(child: ChildProcess, signal: AbortSignal) {
  let timer: NodeJS.Timeout | undefined
  const { promise: left, resolve } = Promise.withResolvers<'left behind'>()
  const kill = () => {
    killGroup(child, 'SIGKILL')
    timer = setTimeout(() => resolve('left behind'), leaveAfterMs)
  }
  const end = () => {
    killGroup(child, 'SIGTERM')
    timer = setTimeout(kill, killAfterMs)
  }
  signal.addEventListener('abort', end, { once: true })
  return {
    left,
    done() {
      signal.removeEventListener('abort', end)
      clearTimeout(timer)
    },
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}

/** Goes on without a command that cannot be ended, and says what is known of why. */
async function leave(child: ChildProcess, argv: readonly string[], options: CommandOptions): Promise<Fault> {
  const waits = child.pid === undefined ? [] : await readKernelWaits(child.pid)
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
  child.unref()
  const fault = options.signal.aborted ? stopped(argv, options.signal) : timedOut(argv, options)
  const where = waits.length === 0 ? 'something it started still runs' : `it waits in the kernel (${waits.join('; ')})`
  return new Fault(fault.code, `${fault.message}; ${argv.join(' ')} did not end when it was killed: ${where}`, {
    cause: fault.cause,
    details: { ...fault.details, argv, kernel_waits: waits },
  })
}

function failed(fault: Fault): Outcome {
  return { stdout: '', stderr: '', exitCode: null, fault }
}

function stopped(argv: readonly string[], signal: AbortSignal): Fault {
  if (signal.reason instanceof Fault) return signal.reason
  return new Fault('cancelled', `${argv[0]} was stopped because the operation was cancelled`, { cause: signal.reason })
}

function timedOut(argv: readonly string[], options: CommandOptions): Fault {
  const seconds = (options.deadlineMs ?? defaultDeadlineMs) / 1000
  return new Fault('step-timeout', `${argv.join(' ')} did not end within ${seconds} s and was stopped`, {
    details: { argv },
  })
}

function tooMuch(argv: readonly string[]): Fault {
  return new Fault('command-failed', `${argv[0]} printed more than ${outputLimit} bytes and was stopped`, {
    details: { argv },
  })
}

function notStarted(argv: readonly string[], error: unknown): Fault {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  if (!missing)
    return new Fault('command-failed', `${argv[0]} could not be started`, { cause: error, details: { argv } })
  return new Fault('unsupported', `the program ${argv[0]} is not installed here; add its package to this system`, {
    cause: error,
    details: { argv },
  })
}

function commandFailed(
  argv: readonly string[],
  exitCode: number | null,
  text: { stdout: string; stderr: string },
  cause?: unknown,
): Fault {
  if (cause instanceof Fault) return cause
  const lastWords = (text.stderr.trim() || text.stdout.trim()).slice(-lastWordsLimit)
  const end = exitCode === null ? 'was killed by a signal' : `ended with ${exitCode}`
  return new Fault('command-failed', `${argv.join(' ')} ${end}: ${lastWords.split('\n').at(-1) ?? ''}`, {
    cause,
    details: { argv, exit_code: exitCode, last_words: lastWords },
  })
}
