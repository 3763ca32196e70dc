import type { HostMessage, PendingScript } from '@slipway/protocol'
import { completionMessage } from '../scripts/completion-message.ts'
import { runKey, type Attempt } from '../scripts/run-key.ts'
import { emptyResult, type RunResult } from '../scripts/run-record.ts'
import type { HostSession, SessionPart } from '../session/host-session.ts'

/** Runs of a guest that are remembered, so that a copy that comes late is not begun again. */
const mostKnown = 1000
/** A result is said again when nobody acknowledged it for so long. */
const resendMs = 60_000

interface ModelRun {
  readonly id: Attempt
  readonly output: string
  readonly timeoutMs: number
  readonly startedAt: number
  result: RunResult | null
  toldAt: number
  acknowledged: boolean
}

/** A run began; for those who count. */
export type OnStarted = (id: Attempt) => void

/**
 * Scripts that are not run: accepted, started, output (what the first `echo` line says) and completion in order, each
 * (execution, attempt) once, said again until acknowledged. It has no timers (`tick`).
 */
export class ModelScripts implements SessionPart {
  readonly #vmId: string
  /** How long each script seems to take. */
  readonly #durationMs: number
  readonly #onStarted: OnStarted
  readonly #runs = new Map<string, ModelRun>()
  /** Not acknowledged yet. */
  readonly #open = new Set<ModelRun>()
  #session: HostSession | null = null

  constructor(options: { vmId: string; durationMs: number; onStarted: OnStarted }) {
    this.#vmId = options.vmId
    this.#durationMs = options.durationMs
    this.#onStarted = options.onStarted
  }

  onOpen(session: HostSession): void {
    this.#session = session
    const request_timestamp = new Date().toISOString()
    session.send({ type: 'request_pending_scripts', vm_id: this.#vmId, request_timestamp })
    this.#tellAll()
  }

  onClose(): void {
    this.#session = null
  }

  onDrain(): void {
    this.#tellAll()
  }

  onMessage(message: HostMessage): boolean {
    switch (message.type) {
      case 'pending_scripts_response':
        for (const script of message.scripts) this.#take(script)
        return true
      case 'cancel_script':
        this.#cancel(message.execution_id, message.attempt)
        return true
      case 'script_ack': {
        const run = this.#runs.get(runKey(message))
        if (run) this.#acknowledge(run)
        return true
      }
      case 'output_ack':
        return true
      default:
        return false
    }
  }

  /** `now` is monotonic, in milliseconds. */
  tick(now: number): void {
    for (const run of this.#open) {
      if (!run.result) this.#maybeEnd(run, now)
      else if (now - run.toldAt >= resendMs) this.#tellEnd(run)
    }
  }

  #take(script: PendingScript): void {
    const known = this.#runs.get(runKey(script))
    if (known) {
      this.#tell(known)
      return
    }
    const run = this.#remember(script, {
      output: firstEcho(script.script_content),
      timeoutMs: script.timeout_seconds * 1000,
    })
    this.#onStarted(run.id)
    this.#tell(run)
    this.#maybeEnd(run, performance.now())
  }

  #remember(id: Attempt, rest: Pick<ModelRun, 'output' | 'timeoutMs'>): ModelRun {
    const { execution_id, attempt } = id
    const now = performance.now()
    const common = { startedAt: now, result: null, toldAt: now, acknowledged: false }
    const run: ModelRun = { id: { execution_id, attempt }, ...rest, ...common }
    this.#runs.set(runKey(run.id), run)
    this.#open.add(run)
    if (this.#runs.size > mostKnown) this.#forgetOldest()
    return run
  }

  #forgetOldest(): void {
    for (const [key, { acknowledged }] of this.#runs) if (acknowledged) return void this.#runs.delete(key)
  }

  #maybeEnd(run: ModelRun, now: number): void {
    const duration_ms = Math.min(this.#durationMs, run.timeoutMs)
    if (now - run.startedAt < duration_ms) return
    const isLate = this.#durationMs > run.timeoutMs
    const how = isLate ? { timed_out: true } : { exit_code: 0 }
    this.#end(run, { ...emptyResult, ...how, ...factsOf(run), duration_ms })
  }

  #end(run: ModelRun, result: RunResult): void {
    run.result = result
    this.#tellEnd(run)
  }

  #cancel(execution_id: string, attempt: number | undefined): void {
    const meant = [...this.#runs.values()].filter(
      ({ id }) => id.execution_id === execution_id && (attempt === undefined || id.attempt === attempt),
    )
    const cancelled = { ...emptyResult, cancelled: true }
    // Never arrived: remembered, so that a copy still on its way is not begun.
    if (meant.length === 0) {
      const run = this.#remember({ execution_id, attempt: attempt ?? 1 }, { output: '', timeoutMs: 0 })
      return this.#end(run, { ...cancelled, not_started: true })
    }
    for (const run of meant) {
      if (run.result) this.#tellEnd(run)
      else this.#end(run, { ...cancelled, ...factsOf(run), duration_ms: performance.now() - run.startedAt })
    }
  }

  #acknowledge(run: ModelRun): void {
    run.acknowledged = true
    this.#open.delete(run)
  }

  #tellAll(): void {
    for (const run of this.#open) if (!this.#tell(run)) return
  }

  /** Everything of a run, from its beginning; the host knows what it has already. */
  #tell(run: ModelRun): boolean {
    const session = this.#session
    if (!session) return false
    if (run.result?.not_started) return this.#tellEnd(run)
    const { output } = run
    const told =
      session.send({ type: 'script_accepted', ...run.id }) &&
      session.send({ type: 'script_started', ...run.id }) &&
      (output === '' || session.send({ type: 'script_output', ...run.id, stream: 'stdout', seq: 1, data: output }))
    return told && (run.result === null || this.#tellEnd(run))
  }

  #tellEnd(run: ModelRun): boolean {
    if (!this.#session || !run.result) return false
    run.toldAt = performance.now()
    const text = { stdout: run.result.not_started ? '' : run.output, stderr: '', logFile: null }
    return this.#session.send(completionMessage(run.id, run.result, text))
  }
}

function factsOf({ output }: ModelRun): Pick<RunResult, 'stdout_bytes'> {
  return { stdout_bytes: Buffer.byteLength(output) }
}

/** What the first line with `echo` would print, if it were that simple. */
export function firstEcho(content: string): string {
  const [, words] = /^\s*echo[ \t]+(.*)$/im.exec(content) ?? []
  return words === undefined ? '' : `${words.trim().replace(/^(["'])(.*)\1$/, '$2')}\n`
}
