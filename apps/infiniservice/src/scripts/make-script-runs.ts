import type { Logger } from '@slipway/base'
import type { HostMessage, PendingScript } from '@slipway/protocol'
import type { HostSession, SessionPart } from '../session/host-session.ts'
import { completionMessage } from './completion-message.ts'
import { Delivery } from './delivery.ts'
import { killMarkedProcesses } from './process-tree.ts'
import type { JournalledRun } from './run-journal.ts'
import { RunStore } from './run-store.ts'
import { runKey, type Attempt } from './run-key.ts'
import type { FinishedRun, RunResult } from './run-record.ts'
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
  /** When given, `request_pending_scripts` is sent at the beginning of every session. */
  readonly vmId?: string
}

export interface ScriptRuns extends SessionPart {
  /** Ends every running script (reported as interrupted) and waits until their results are on disk. */
  stop(): Promise<void>
  /** Scripts whose process exists or is about to. */
  running(): number
}

const defaultCapBytes = 16 * 1024 * 1024
const defaultMostRunning = 64
const tickMs = 5_000

/**
 * The part of the agent that runs scripts (agent.md, "Behaviour"). It reads its journal at once: what was accepted and not begun
 * starts now, what was begun without a result is reported `interrupted`. `configure` is obeyed and left to the other parts too.
 * Throws what the file system says when the state directory cannot be made or read.
 */
export function makeScriptRuns(options: ScriptRunsOptions): ScriptRuns {
  return new Runs(options)
}

class Runs implements ScriptRuns {
  readonly #options: ScriptRunsOptions
  readonly #now: () => number
  readonly #store: RunStore
  readonly #delivery: Delivery
  readonly #runs = new Map<string, ScriptRun>()
  /** Accepted, in order, without a process yet. */
  readonly #waiting = new Map<ScriptRun, PendingScript>()
  readonly #executing = new Map<ScriptRun, Promise<void>>()
  /** Work nobody else waits for. */
  readonly #background = new Set<Promise<void>>()
  readonly #tick: NodeJS.Timeout
  #capBytes: number
  #stopped = false

  constructor(options: ScriptRunsOptions) {
    const { stateDir, logger, now = Date.now } = options
    this.#options = options
    this.#now = now
    this.#capBytes = options.outputCapBytes ?? defaultCapBytes
    this.#store = new RunStore({ stateDir, logger, now })
    this.#delivery = new Delivery({ runs: this.#runs, onDelivered: (run) => this.#putAway(run) })
    for (const run of this.#store.recover()) this.#recover(run)
    this.#startWaiting()
    this.#tick = setInterval(() => this.#delivery.tick(), tickMs)
    this.#tick.unref()
  }

  running(): number {
    return this.#executing.size
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#tick)
    for (const run of this.#executing.keys()) run.end('interrupted')
    // What ends makes new work: a result is told, acknowledged and put away.
    while (this.#executing.size + this.#background.size > 0)
      await Promise.all([...this.#executing.values(), ...this.#background])
    await this.#store.close()
  }

  onOpen(session: HostSession): void {
    const request_timestamp = new Date(this.#now()).toISOString()
    const { vmId } = this.#options
    const request = { type: 'request_pending_scripts', vm_id: vmId, request_timestamp } as const
    this.#delivery.begin(session, vmId === undefined ? null : request)
  }

  onClose(): void {
    this.#delivery.end()
  }

  onDrain(): void {
    this.#delivery.resume()
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
        if (run) this.#delivery.news(run)
        return true
      }
      case 'script_ack': {
        const run = this.#runs.get(runKey(message))
        if (run?.acknowledge()) this.#delivery.acknowledged(run)
        return true
      }
      case 'configure':
        this.#capBytes = message.output_cap_bytes ?? this.#capBytes
        return false
      default:
        return false
    }
  }

  #take(script: PendingScript): void {
    const known = this.#runs.get(runKey(script))
    const finished = known ? null : this.#store.finished.find(script)
    if (known) {
      known.repeat()
      this.#delivery.news(known)
    } else if (finished) this.#tellFinished({ ...finished, attempt: script.attempt })
    else if (!this.#stopped) this.#accept(script)
  }

  /** With a free place the script is begun at once: one sync for both. */
  #accept(script: PendingScript): void {
    const run = this.#makeRun(script, 'accepting', null)
    if (this.#waiting.size === 0 && this.#executing.size < this.#mostRunning) {
      const begun = this.#journalled(run, script, this.#store.begin(script, run.mark))
      this.#executing.set(run, this.#execute(run, script, begun))
    } else this.#inBackground(this.#queue(run, script))
  }

  async #queue(run: ScriptRun, script: PendingScript): Promise<void> {
    if (!(await this.#journalled(run, script, this.#store.accept(script)))) return
    run.phase = 'accepted'
    this.#delivery.news(run)
    this.#waiting.set(run, script)
    this.#startWaiting()
  }

  /** False: it could not be journalled, and the host was told. */
  async #journalled(run: ScriptRun, script: PendingScript, written: Promise<void>): Promise<boolean> {
    try {
      await written
      return true
    } catch (error) {
      this.#runs.delete(run.key)
      this.#store.refuse(run.id)
      const why = `the script ${script.script_name} was not accepted: its journal cannot be written (${String(error)})`
      this.#options.logger.error({ ...run.id, error: String(error) }, 'a script could not be journalled')
      this.#delivery.send({ type: 'error', error: why, details: run.id })
      return false
    }
  }

  #startWaiting(): void {
    for (const [run, script] of this.#waiting) {
      if (this.#stopped) return
      if (run.endReason === 'cancelled') {
        this.#waiting.delete(run)
        run.conclude(cancelledBefore())
      } else if (this.#executing.size < this.#mostRunning) {
        this.#waiting.delete(run)
        const started = this.#store.started(run.id, run.mark).then(() => true)
        this.#executing.set(run, this.#execute(run, script, started))
      }
    }
  }

  async #execute(run: ScriptRun, script: PendingScript, journalled: Promise<boolean>): Promise<void> {
    await run.execute(script, journalled).catch((error: unknown) => this.#surprised(error))
    this.#executing.delete(run)
    this.#startWaiting()
  }

  #cancel(executionId: string, attempt: number | undefined): void {
    const isMeant = ({ id }: ScriptRun) =>
      id.execution_id === executionId && (attempt === undefined || id.attempt === attempt)
    const meant = [...this.#runs.values()].filter(isMeant)
    for (const run of meant) this.#cancelKnown(run)
    this.#startWaiting()
    if (meant.length > 0) return
    const finished = this.#store.finished.ofExecution(executionId).filter((run) => isSameAttempt(run, attempt))
    if (finished.length > 0) for (const run of finished) this.#tellFinished(run)
    else this.#inBackground(this.#cancelUnseen({ execution_id: executionId, attempt: attempt ?? 0 }))
  }

  #cancelKnown(run: ScriptRun): void {
    run.end('cancelled')
    if (run.phase !== 'ended') return
    run.repeat()
    this.#delivery.news(run)
  }

  /** Never arrived here: it is remembered before the host is told, so that a copy still on its way is not begun. */
  async #cancelUnseen(id: Attempt): Promise<void> {
    const result = cancelledBefore()
    try {
      this.#store.finished.add(id, result)
      await this.#store.journal.sync()
    } catch (error) {
      this.#options.logger.error({ ...id, error: String(error) }, 'a cancelled script could not be remembered')
      return
    }
    this.#tellFinished({ ...id, result })
  }

  #putAway(run: ScriptRun): void {
    if (run.result && this.#runs.delete(run.key)) this.#store.putAway(run.id, run.result)
  }

  #recover({ id, script, mark, result }: JournalledRun): void {
    if (mark !== null && !result) killMarkedProcesses(mark)
    if (result) this.#makeRun(id, 'ended', result)
    else if (script) this.#waiting.set(this.#makeRun(id, 'accepted', null), script)
    else this.#makeRun(id, 'started', null).concludeInterrupted()
  }

  #makeRun(id: Attempt, phase: ScriptRun['phase'], result: RunResult | null): ScriptRun {
    const run = new ScriptRun(id, phase, result, {
      store: this.#store,
      logger: this.#options.logger,
      capBytes: this.#capBytes,
      onNews: (each) => this.#delivery.news(each),
    })
    this.#runs.set(run.key, run)
    return run
  }

  #tellFinished(run: Pick<FinishedRun, 'execution_id' | 'attempt' | 'result'>): void {
    this.#delivery.send(completionMessage(run, run.result, { stdout: '', stderr: '', logFile: null }))
  }

  get #mostRunning(): number {
    return this.#options.mostRunning ?? defaultMostRunning
  }

  #inBackground(work: Promise<void>): void {
    const ended = work.catch((error: unknown) => this.#surprised(error)).finally(() => this.#background.delete(ended))
    this.#background.add(ended)
  }

  /** One run's trouble must not end the agent and with it the others. */
  #surprised(error: unknown): void {
    this.#options.logger.error({ error: String(error) }, 'the scripts’ part met something unexpected')
  }
}

function isSameAttempt(run: FinishedRun, attempt: number | undefined): boolean {
  return attempt === undefined || run.attempt === attempt || run.attempt === 0
}

function cancelledBefore(): RunResult {
  return { ...notStarted('cancelled before its process existed'), cancelled: true }
}
