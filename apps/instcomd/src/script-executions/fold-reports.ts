import type { AgentMessage, HostOutgoing } from '@slipway/protocol'
import type { NewEvent } from '../events/append-event.ts'
import type { ReportRow } from './execution-row.ts'
import { executionEvent } from './execution-event.ts'
import { isTerminalStatus, nextState, outcomeOf, type Completion, type ExecutionState } from './execution-state.ts'
import { keptTail, storable, splitPieces } from './output-text.ts'

export type Report = AgentMessage<'script_accepted' | 'script_started' | 'script_output' | 'script_completion'>
export type Stream = 'stdout' | 'stderr'

export interface Piece {
  readonly execution_id: string
  readonly attempt: number
  readonly stream: Stream
  readonly seq: number
  readonly data: string
}

/** What changes of a row; dates are PostgreSQL's own, so only whether they are set is said here. */
export interface RowChange {
  readonly row: ReportRow
  readonly starts: boolean
  readonly accepts: boolean
  readonly completes: boolean
  readonly retries: boolean
  readonly exitCode: number | null
  readonly error: string | null
  readonly stdout: string | null
  readonly stderr: string | null
  readonly late: Record<string, unknown> | null
}

export interface Folded {
  readonly change: RowChange
  readonly pieces: readonly Piece[]
  readonly events: readonly NewEvent[]
  /** Sent after the commit only. */
  readonly acks: readonly HostOutgoing[]
}

/** Kept per stream of one attempt; beyond it output is dropped and the execution marked truncated. */
export const mostStreamBytes = 64 * 1024 * 1024

/** Folds what an agent reported of one execution, in order, into one change of its row. */
export function foldReports(before: ReportRow, reports: readonly Report[]): Folded {
  const fold = new Fold(before)
  for (const report of reports) fold.take(report)
  return fold.end()
}

class Fold {
  readonly #before: ReportRow
  readonly #pieces: Piece[] = []
  readonly #events: NewEvent[] = []
  readonly #acks = new Map<string, HostOutgoing>()
  #row: ReportRow
  #change = {
    starts: false,
    accepts: false,
    completes: false,
    retries: false,
    exitCode: null as number | null,
    error: null as string | null,
    stdout: null as string | null,
    stderr: null as string | null,
    late: null as Record<string, unknown> | null,
  }
  #hasOutput = false

  constructor(before: ReportRow) {
    this.#before = before
    this.#row = before
  }

  take(report: Report): void {
    switch (report.type) {
      case 'script_accepted':
        if (nextState(stateOf(this.#row), { kind: 'accepted', attempt: report.attempt }).effect === 'moved')
          this.#change.accepts = true
        return
      case 'script_started':
        return this.#start(report.attempt)
      case 'script_output':
        return this.#output(report)
      case 'script_completion':
        return this.#complete(report, report.attempt ?? this.#row.attempt)
    }
  }

  end(): Folded {
    if (this.#hasOutput && !isTerminalStatus(this.#row.status))
      this.#events.push(executionEvent('scripts.output', this.#row))
    return {
      change: { ...this.#change, row: this.#row },
      pieces: this.#pieces,
      events: this.#events,
      acks: [...this.#acks.values()],
    }
  }

  #start(attempt: number): void {
    const { next, effect } = nextState(stateOf(this.#row), { kind: 'started', attempt })
    if (effect !== 'moved') return
    const isFirst = this.#row.status !== 'RUNNING' && this.#before.startedat === null
    this.#row = { ...this.#row, status: next.status }
    this.#change.accepts = true
    this.#change.starts = true
    if (isFirst) this.#events.push(executionEvent('scripts.started', this.#row))
  }

  #output({ attempt, stream, seq, data, execution_id }: AgentMessage<'script_output'>): void {
    this.#acks.set(`${attempt} ${stream}`, {
      type: 'output_ack',
      execution_id,
      attempt,
      stream,
      seq: this.#highest(attempt, stream, seq),
    })
    if (attempt !== this.#row.attempt || seq <= this.#seqOf(stream)) return
    if (this.#row.status !== 'RUNNING') this.#start(attempt)
    this.#keep(stream, seq, storable(data))
  }

  /** Acks are cumulative: never below what is stored already. */
  #highest(attempt: number, stream: Stream, seq: number): number {
    return attempt === this.#row.attempt ? Math.max(seq, this.#seqOf(stream)) : seq
  }

  #seqOf(stream: Stream): number {
    return stream === 'stdout' ? this.#row.stdout_seq : this.#row.stderr_seq
  }

  #keep(stream: Stream, seq: number, data: string): void {
    const bytes = Buffer.byteLength(data)
    const total = (stream === 'stdout' ? this.#row.stdout_bytes : this.#row.stderr_bytes) + bytes
    this.#hasOutput = true
    if (total <= mostStreamBytes)
      this.#pieces.push({ execution_id: this.#row.id, attempt: this.#row.attempt, stream, seq, data })
    this.#row = {
      ...this.#row,
      ...(stream === 'stdout' ? { stdout_seq: seq, stdout_bytes: total } : { stderr_seq: seq, stderr_bytes: total }),
      truncated: this.#row.truncated || total > mostStreamBytes,
    }
  }

  #complete(completion: Completion, attempt: number): void {
    const { execution_id } = completion
    this.#acks.set('end', { type: 'script_ack', execution_id, attempt })
    const state = stateOf(this.#row)
    const { next, effect } = nextState(state, { kind: 'completed', attempt, completion })
    if (effect === 'again') return
    if (effect === 'late') {
      this.#row = { ...this.#row, result_attempt: next.resultAttempt }
      this.#change.late = lateResult(completion)
      return
    }
    if (!completion.not_started && this.#row.status !== 'RUNNING') this.#start(attempt)
    this.#keepWhole(completion)
    const { error } = outcomeOf(completion, state.cancelRequested)
    this.#change = {
      ...this.#change,
      accepts: true,
      exitCode: completion.exit_code,
      error,
      stdout: keptTail(storable(completion.stdout)),
      stderr: keptTail(storable(completion.stderr)),
      completes: effect === 'moved',
      retries: effect === 'retry',
    }
    this.#row = {
      ...this.#row,
      status: next.status,
      attempt: next.attempt,
      result_attempt: next.resultAttempt,
      truncated: this.#row.truncated || completion.truncated,
      stdout_bytes: Math.max(completion.stdout_bytes ?? 0, this.#row.stdout_bytes),
      stderr_bytes: Math.max(completion.stderr_bytes ?? 0, this.#row.stderr_bytes),
    }
    if (effect === 'moved')
      this.#events.push(executionEvent('scripts.completed', this.#row, { exit_code: completion.exit_code }))
    else this.#row = { ...this.#row, stdout_seq: 0, stderr_seq: 0, stdout_bytes: 0, stderr_bytes: 0 }
  }

  /** A peer that sends no pieces has its completion's text stored as the output (agent.md). */
  #keepWhole(completion: Completion): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#seqOf(stream) > 0) continue
      for (const [index, data] of splitPieces(storable(completion[stream])).entries())
        this.#keep(stream, index + 1, data)
    }
  }
}

/** The part of a row that the state machine knows. */
export function stateOf(row: ReportRow): ExecutionState {
  return {
    status: row.status,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    resultAttempt: row.result_attempt,
    wasSent: row.sent_at !== null,
    isAccepted: row.accepted_at !== null,
    cancelRequested: row.cancel_requested_at !== null,
  }
}

function lateResult(completion: Completion): Record<string, unknown> {
  const { exit_code, timed_out, cancelled, interrupted, not_started, duration_ms } = completion
  return {
    received_at: new Date().toISOString(),
    exit_code,
    stdout: keptTail(storable(completion.stdout)),
    stderr: keptTail(storable(completion.stderr)),
    duration_ms: duration_ms ?? null,
    timed_out,
    cancelled,
    interrupted,
    not_started,
  }
}
