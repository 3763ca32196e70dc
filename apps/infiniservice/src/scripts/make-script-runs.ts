import type { Logger } from '@slipway/base'
import type { AgentOutgoing, HostMessage, PendingScript } from '@slipway/protocol'
import type { HostSession, SessionPart } from '../session/host-session.ts'
import { completionMessage } from './completion-message.ts'
import { FinishedRuns, type FinishedRun } from './finished-runs.ts'
import { killMarkedProcesses } from './process-tree.ts'
import { RunJournal, type JournalledRun } from './run-journal.ts'
import { runKey, type Attempt } from './run-key.ts'
import { emptyResult, type RunResult } from './run-record.ts'
import { notStarted, ScriptRun } from './script-run.ts'

export interface ScriptRunsOptions {
  /** Kept over restarts and updates of the agent; made when missing. */
  readonly stateDir: string
  readonly logger: Logger
  /** Kept of each stream; default 16 MiB, changed by the host's `configure`. */
  readonly outputCapBytes?: number
  /** Processes side by side; more are accepted and wait. Default 64. */
  readonly mostRunning?: number
  readonly now?: () => number
}

export interface ScriptRuns extends SessionPart {
  /** Ends every running script (reported as interrupted) and waits until their results are on disk. */
  stop(): Promise<void>
  /** Scripts whose process exists or is about to. */
  running(): number
}

const defaultCapBytes = 16 * 1024 * 1024
const defaultMostRunning = 64
/** Results on their way to the host at the same time: the others stay on disk until one is acknowledged. */
const mostDelivering = 16
const tickMs = 5_000
/** After so long without an acknowledgement a result no longer waits for its output, and is then sent again. */
const stalledMs = 10_000
const resendMs = 60_000

/**
 * The part of the agent that runs scripts (agent.md, "Behaviour"). It reads its journal at once: what was accepted and not begun
 * starts now, what was begun without a result is reported `interrupted`. `configure` is obeyed and left to the other parts too.
 */
export function makeScriptRuns(options: ScriptRunsOptions): ScriptRuns {
  return new Runs(options)
}

class Runs implements ScriptRuns {
  readonly #logger: Logger
  readonly #journal: RunJournal
  readonly #finished: FinishedRuns
  readonly #mostRunning: number
  readonly #runs = new Map<string, ScriptRun>()
  /** Accepted, in order, without a process yet. */
  readonly #waiting = new Map<ScriptRun, PendingScript>()
  readonly #executing = new Map<ScriptRun, Promise<void>>()
  readonly #delivering = new Set<ScriptRun>()
  readonly #tick: NodeJS.Timeout
  #capBytes: number
  #session: HostSession | null = null
  #stopped = false

  constructor(options: ScriptRunsOptions) {
    const now = options.now ?? Date.now
    this.#logger = options.logger
    this.#capBytes = options.outputCapBytes ?? defaultCapBytes
    this.#mostRunning = options.mostRunning ?? defaultMostRunning
    this.#journal = new RunJournal({ stateDir: options.stateDir, now })
    this.#finished = new FinishedRuns({ stateDir: options.stateDir, now })
    for (const run of this.#journal.load((name, why) => this.#logger.error({ name, why }, 'a run was set aside')))
      this.#recover(run)
    this.#startWaiting()
    this.#tick = setInterval(() => this.#onTick(), tickMs)
    this.#tick.unref()
  }

  running(): number {
    return this.#executing.size
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#tick)
    for (const run of this.#executing.keys()) run.end('interrupted')
    await Promise.all(this.#executing.values())
  }

  onOpen(session: HostSession): void {
    this.#session = session
    this.#delivering.clear()
    for (const run of this.#runs.values()) run.rewind()
    this.#pumpAll()
  }

  onClose(): void {
    this.#session = null
  }

  onDrain(): void {
    this.#pumpAll()
  }

  onMessage(message: HostMessage): boolean {
    switch (message.type) {
      case 'pending_scripts_response':
        for (const script of message.scripts) this.#take(script)
        return true
      case 'cancel_script':
        this.#cancel(message.execution_id, message.attempt)
        return true
      case 'output_ack': {
        const run = this.#runs.get(runKey(message))
        run?.ackOutput(message.stream, message.seq)
        if (run) this.#onNews(run)
        return true
      }
      case 'script_ack':
        this.#acknowledge(message)
        return true
      case 'configure':
        this.#capBytes = message.output_cap_bytes ?? this.#capBytes
        return false
      default:
        return false
    }
  }

  #take(script: PendingScript): void {
    const known = this.#runs.get(runKey(script))
    if (known) {
      known.repeat()
      this.#onNews(known)
      return
    }
    const finished = this.#finished.find(script)
    if (finished) this.#tellFinished({ ...finished, attempt: script.attempt })
    else if (!this.#stopped) void this.#accept(script)
  }

  async #accept(script: PendingScript): Promise<void> {
    const run = this.#makeRun(script, 'accepting', null)
    try {
      await this.#journal.accept(script)
    } catch (error) {
      this.#runs.delete(run.key)
      const why = `the script ${script.script_name} was not accepted: its journal cannot be written (${String(error)})`
      this.#logger.error({ ...run.id, error: String(error) }, 'a script could not be journalled')
      this.#send({ type: 'error', error: why, details: run.id })
      return
    }
    run.phase = 'accepted'
    this.#onNews(run)
    this.#waiting.set(run, script)
    this.#startWaiting()
  }

  #startWaiting(): void {
    for (const [run, script] of this.#waiting) {
      if (this.#stopped) return
      if (run.endReason === 'cancelled') {
        this.#waiting.delete(run)
        void run.conclude(cancelledBefore())
      } else if (this.#executing.size < this.#mostRunning) {
        this.#waiting.delete(run)
        this.#executing.set(run, this.#execute(run, script))
      }
    }
  }

  async #execute(run: ScriptRun, script: PendingScript): Promise<void> {
    await run.execute(script)
    this.#executing.delete(run)
    this.#startWaiting()
  }

  #cancel(executionId: string, attempt: number | undefined): void {
    const isMeant = (run: ScriptRun) =>
      run.id.execution_id === executionId && (attempt === undefined || run.id.attempt === attempt)
    const meant = [...this.#runs.values()].filter(isMeant)
    for (const run of meant) {
      run.end('cancelled')
      if (run.phase !== 'ended') continue
      run.repeat()
      this.#onNews(run)
    }
    this.#startWaiting()
    if (meant.length > 0) return
    const finished = this.#finished.ofExecution(executionId).filter((run) => isSameAttempt(run, attempt))
    if (finished.length > 0) for (const run of finished) this.#tellFinished(run)
    else void this.#cancelUnseen({ execution_id: executionId, attempt: attempt ?? 0 })
  }

  /** Never arrived here: it is remembered before the host is told, so that a copy still on its way is not begun. */
  async #cancelUnseen(id: Attempt): Promise<void> {
    const result = cancelledBefore()
    try {
      await this.#finished.add(id, result)
    } catch (error) {
      this.#logger.error({ ...id, error: String(error) }, 'a cancelled script could not be remembered')
      return
    }
    this.#tellFinished({ ...id, result })
  }

  #acknowledge(id: Attempt): void {
    const run = this.#runs.get(runKey(id))
    if (!run?.result || !run.completionTold) return
    run.acknowledged = true
    this.#delivering.delete(run)
    if (run.outputAcked) void this.#finish(run, run.result)
    this.#pumpAll()
  }

  /** The host has everything. */
  async #finish(run: ScriptRun, result: RunResult): Promise<void> {
    this.#runs.delete(run.key)
    try {
      await this.#finished.add(run.id, { ...result, note: null })
      await this.#journal.archive(run.key)
    } catch (error) {
      // Its journal is still there: after a restart the result is sent and acknowledged again.
      this.#logger.error({ ...run.id, error: String(error) }, 'a finished run could not be put away')
    }
  }

  #recover({ script, started, mark, result }: JournalledRun): void {
    if (mark !== null && !result) killMarkedProcesses(mark)
    if (this.#finished.find(script)) return void this.#journal.archive(runKey(script))
    if (result) this.#makeRun(script, 'ended', result)
    else if (started) void this.#makeRun(script, 'started', null).concludeInterrupted()
    else this.#waiting.set(this.#makeRun(script, 'accepted', null), script)
  }

  #makeRun(id: Attempt, phase: ScriptRun['phase'], result: RunResult | null): ScriptRun {
    const run = new ScriptRun(id, phase, result, {
      journal: this.#journal,
      logger: this.#logger,
      capBytes: this.#capBytes,
      onNews: (each) => this.#onNews(each),
    })
    this.#runs.set(run.key, run)
    return run
  }

  #onNews(run: ScriptRun): void {
    if (run.acknowledged && run.outputAcked && run.result && this.#runs.has(run.key)) void this.#finish(run, run.result)
    else this.#pump(run)
  }

  #pumpAll(): void {
    for (const run of this.#runs.values()) if (!this.#pump(run)) return
  }

  #pump(run: ScriptRun): boolean {
    if (!this.#session?.open || !this.#runs.has(run.key)) return true
    if (run.phase === 'ended' && !run.acknowledged && !this.#delivering.has(run)) {
      if (this.#delivering.size >= mostDelivering) return true
      this.#delivering.add(run)
    }
    return run.pump((message) => this.#send(message), run.silentMs > stalledMs)
  }

  #onTick(): void {
    if (!this.#session?.open) return
    for (const run of this.#runs.values()) {
      if (run.phase !== 'ended' || run.silentMs < resendMs) continue
      if (run.acknowledged && run.result) void this.#finish(run, run.result)
      else this.#yieldPlace(run)
    }
    this.#pumpAll()
  }

  /** Not acknowledged for a minute: it is sent again, but after the others, whose places it must not hold. */
  #yieldPlace(run: ScriptRun): void {
    run.repeat()
    this.#delivering.delete(run)
    this.#runs.delete(run.key)
    this.#runs.set(run.key, run)
  }

  #tellFinished(run: Pick<FinishedRun, 'execution_id' | 'attempt' | 'result'>): void {
    this.#send(completionMessage(run, run.result, { stdout: '', stderr: '', logFile: null }))
  }

  #send(message: AgentOutgoing): boolean {
    return this.#session?.open === true && this.#session.send(message)
  }
}

function isSameAttempt(run: FinishedRun, attempt: number | undefined): boolean {
  return attempt === undefined || run.attempt === attempt || run.attempt === 0
}

function cancelledBefore(): RunResult {
  return { ...emptyResult, ...notStarted('cancelled before its process existed'), cancelled: true }
}
