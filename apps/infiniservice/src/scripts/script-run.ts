import type { Logger } from '@slipway/base'
import type { AgentOutgoing, PendingScript } from '@slipway/protocol'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { completionMessage } from './completion-message.ts'
import { startTimer } from './long-timer.ts'
import { OutputSpool, streamNames, type StreamName } from './output-spool.ts'
import { PieceSender } from './piece-sender.ts'
import { prepareRun, type PreparedRun } from './prepare-run.ts'
import { endProcessTree } from './process-tree.ts'
import { runKey, type Attempt } from './run-key.ts'
import { startProcess, type RunningProcess } from './run-process.ts'
import { emptyResult, type RunResult } from './run-record.ts'
import type { RunStore } from './run-store.ts'

/** Why a run is ended before it ends by itself. */
export type EndReason = 'timed_out' | 'cancelled' | 'interrupted'
export type RunPhase = 'accepting' | 'accepted' | 'started' | 'ended'
type Send = (message: AgentOutgoing) => boolean

export interface ScriptRunOptions {
  readonly store: RunStore
  readonly logger: Logger
  readonly capBytes: number
  /** Something can be sent. */
  readonly onNews: (run: ScriptRun) => void
}

/** One run from its acceptance to the host's acknowledgement: what happens on this machine, and what the host was told of it. */
export class ScriptRun {
  readonly id: Attempt
  readonly key: string
  /** In the environment of its processes. */
  readonly mark = randomUUID()
  phase: RunPhase
  result: RunResult | null = null
  readonly #options: ScriptRunOptions
  readonly #spools: Readonly<Record<StreamName, OutputSpool>>
  readonly #senders: Readonly<Record<StreamName, PieceSender>>
  #told = { accepted: false, started: false, completed: false }
  #process: RunningProcess | null = null
  #reason: EndReason | null = null
  #ending: Promise<void> | null = null
  /** Monotonic time of the last acknowledgement, or since when one is awaited. */
  #heardAt = performance.now()
  #unreadable = false
  #acknowledged = false

  constructor(id: Attempt, phase: RunPhase, result: RunResult | null, options: ScriptRunOptions) {
    this.id = { execution_id: id.execution_id, attempt: id.attempt }
    this.key = runKey(id)
    this.phase = phase
    this.result = result
    this.#options = options
    const directory = options.store.directories.path(this.key)
    const spool = (name: StreamName) =>
      // A run found as `started` is one of a former agent: nothing is written to it any more.
      new OutputSpool({ directory, name, capBytes: options.capBytes, ended: phase === 'ended' || phase === 'started' })
    this.#spools = { stdout: spool('stdout'), stderr: spool('stderr') }
    this.#senders = { stdout: new PieceSender(this.#spools.stdout), stderr: new PieceSender(this.#spools.stderr) }
  }

  /**
   * Runs the program to its end and journals the result. `journalled` tells that the start is on disk, or with false that the run
   * was refused; until then the program is only prepared. Never rejects.
   */
  async execute(script: PendingScript, journalled: Promise<boolean>): Promise<void> {
    let result: RunResult | null
    try {
      result = await this.#run(script, journalled)
    } catch (error) {
      result = notStarted(couldNotPrepare(error))
    }
    for (const name of streamNames) this.#spools[name].end()
    if (result) this.conclude(result)
  }

  /** A former agent began it and did not live to see its end. */
  concludeInterrupted(): void {
    const note = 'the agent ended while the script ran; how far it came is not known'
    this.conclude({ ...this.#outputFacts(), interrupted: true, note })
  }

  /** Journals the result; when even that fails (a full disk) the host still hears it from memory. */
  conclude(result: RunResult): void {
    try {
      this.#options.store.journal.ended(this.id, result)
    } catch (error) {
      this.#options.logger.error({ ...this.id, error: messageOf(error) }, 'a result could not be written to disk')
    }
    const { exit_code, duration_ms, timed_out, cancelled, interrupted, not_started } = result
    const facts = { exit_code, duration_ms, timed_out, cancelled, interrupted, not_started }
    this.#options.logger.info({ ...this.id, ...facts }, 'a script ended')
    this.result = result
    this.phase = 'ended'
    this.#options.onNews(this)
  }

  /** Ends the run early. A program that has already exited keeps the result it had. */
  end(reason: EndReason): void {
    if (this.#reason || this.phase === 'ended' || this.#process?.exited()) return
    this.#reason = reason
    if (this.#process) this.#ending = endProcessTree(this.#process.pid, this.mark)
  }

  get endReason(): EndReason | null {
    return this.#reason
  }

  /** A session began: everything the host has not acknowledged is sent again. */
  rewind(): void {
    this.#told = { accepted: false, started: false, completed: false }
    for (const name of streamNames) this.#senders[name].rewind()
    this.#heardAt = performance.now()
  }

  /** The host asked again. */
  repeat(): void {
    this.#told = { ...this.#told, accepted: false, completed: false }
  }

  ackOutput(stream: StreamName, seq: number): void {
    if (this.#senders[stream].ack(seq)) this.#heardAt = performance.now()
  }

  /** Milliseconds since the host last acknowledged something. */
  get silentMs(): number {
    return performance.now() - this.#heardAt
  }

  get outputAcked(): boolean {
    return this.#unreadable || streamNames.every((name) => this.#senders[name].allAcked)
  }

  /** The host has the result; false when this session has not told it yet. */
  acknowledge(): boolean {
    if (this.#told.completed) this.#acknowledged = true
    return this.#told.completed
  }

  get acknowledged(): boolean {
    return this.#acknowledged
  }

  /** Sends what there is, in order. `stalled`: the result no longer waits for output that the host does not acknowledge. */
  pump(send: Send, stalled = false): boolean {
    if (this.phase === 'accepting') return true
    const told = this.#told
    if (this.phase !== 'ended' && !told.accepted) told.accepted = send({ type: 'script_accepted', ...this.id })
    if (this.phase !== 'ended' && !told.accepted) return false
    if (this.phase === 'started' && this.#process && !told.started) {
      told.started = send({ type: 'script_started', ...this.id })
      if (!told.started) return false
    }
    if (!this.#pumpOutput(send)) return false
    if (!this.result || told.completed || this.#acknowledged) return true
    if (!stalled && !this.#allSent()) return true
    told.completed = send(this.#completion(this.result))
    if (told.completed) this.#heardAt = performance.now()
    return told.completed
  }

  #allSent(): boolean {
    return this.#unreadable || streamNames.every((name) => this.#senders[name].allSent)
  }

  #pumpOutput(send: Send): boolean {
    if (this.#unreadable) return true
    try {
      return streamNames.every((stream) => this.#pumpStream(stream, send))
    } catch (error) {
      // A full disk or a removed file: the result is still told.
      this.#unreadable = true
      this.#options.logger.error({ ...this.id, error: messageOf(error) }, 'the spooled output cannot be sent')
      return true
    }
  }

  #pumpStream(stream: StreamName, send: Send): boolean {
    const idle = streamNames.every((name) => !this.#senders[name].outstanding)
    const open = this.#senders[stream].pump((seq, data) =>
      send({ type: 'script_output', ...this.id, stream, seq, data }),
    )
    if (idle && this.#senders[stream].outstanding) this.#heardAt = performance.now()
    return open
  }

  #completion(result: RunResult): AgentOutgoing {
    return completionMessage(this.id, result, {
      stdout: this.#spools.stdout.tail(),
      stderr: this.#spools.stderr.tail(),
      logFile: join(this.#options.store.directories.logPath(this.key), 'stdout'),
    })
  }

  async #run(script: PendingScript, journalled: Promise<boolean>): Promise<RunResult | null> {
    const { onNews } = this.#options
    let isPrepared = false
    const preparing = this.#prepare(script).finally(() => (isPrepared = true))
    if (!(await journalled)) return null
    this.phase = 'started'
    // A directory service is slow to say who the user is: the host hears of the acceptance before it sends the script again.
    if (!isPrepared) onNews(this)
    const prepared = await preparing
    if (typeof prepared === 'string') return notStarted(prepared)
    if (this.#reason) return this.#endedBefore(this.#reason)
    const began = performance.now()
    const started = await startProcess(prepared, this.#spools, () => onNews(this))
    if (typeof started === 'string') return notStarted(started)
    this.#process = started
    // A cancel that came while the process was being made.
    if (this.#reason) this.#ending = endProcessTree(started.pid, this.mark)
    onNews(this)
    const stopTimer = startTimer(script.timeout_seconds * 1000, () => this.end('timed_out'))
    const exitCode = await started.ended
    stopTimer()
    await this.#ending
    return this.#finalResult(exitCode, performance.now() - began)
  }

  /** While the disk syncs. Never rejects. */
  async #prepare(script: PendingScript): Promise<PreparedRun | string> {
    const { directories } = this.#options.store
    try {
      return await prepareRun({ script, directory: directories.path(this.key), mark: this.mark })
    } catch (error) {
      return couldNotPrepare(error)
    }
  }

  #endedBefore(reason: EndReason): RunResult {
    const note = reason === 'cancelled' ? 'cancelled before its process existed' : 'the agent stopped before it began'
    return { ...notStarted(note), [reason]: true }
  }

  #finalResult(exitCode: number, durationMs: number): RunResult {
    const result = { ...this.#outputFacts(), exit_code: exitCode, duration_ms: Math.round(durationMs) }
    return this.#reason ? { ...result, [this.#reason]: true } : result
  }

  #outputFacts(): RunResult {
    const { stdout, stderr } = this.#spools
    const truncated = stdout.truncated || stderr.truncated
    return { ...emptyResult, stdout_bytes: stdout.written, stderr_bytes: stderr.written, truncated }
  }
}

/** A run that could not begin, with the reason that the host shows. */
export function notStarted(note: string): RunResult {
  return { ...emptyResult, not_started: true, note }
}

function couldNotPrepare(error: unknown): string {
  return `the agent could not prepare the run: ${messageOf(error)}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
