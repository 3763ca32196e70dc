import type { ScriptExecution } from '@slipway/protocol'
import type { ExecutionRow } from './execution-row.ts'
import { waitingSentence } from './waiting.ts'
import type { WaitingRow } from './waiting-store.ts'

/** What this instance adds to the rows: the links that it holds, and the limit. */
export interface ViewFacts {
  readonly isLinkedHere: boolean
  readonly perMachine: number
}

/** An execution as the API shows it. */
export function executionView(row: ExecutionRow, waits: WaitingRow | undefined, facts: ViewFacts): ScriptExecution {
  return {
    id: row.id,
    script_id: row.scriptid,
    script_name: row.script_name,
    machine_id: row.machineid,
    execution_type: row.executiontype,
    status: row.status,
    waiting: waits ? waiting(row, waits, facts) : null,
    scheduled_for: time(row.scheduledfor),
    started_at: time(row.startedat),
    completed_at: time(row.completedat),
    exit_code: row.exitcode,
    stdout: row.stdout,
    stderr: row.stderr,
    stdout_bytes: row.stdout_bytes,
    stderr_bytes: row.stderr_bytes,
    truncated: row.truncated,
    error: row.error,
    input_values: row.inputvalues,
    executed_as: row.executedas,
    order: row.order,
    repeat_interval_minutes: row.repeatintervalminutes,
    last_executed_at: time(row.lastexecutedat),
    execution_count: row.executioncount,
    max_executions: row.maxexecutions,
    attempt: row.attempt,
    max_attempts: row.max_attempts,
    timeout_seconds: row.timeout_seconds,
    schedule_id: row.schedule_id,
    late_result: row.late_result,
    created_by: row.created_by,
    created_at: row.createdat.toISOString(),
    updated_at: row.updatedat.toISOString(),
  }
}

function waiting(row: ExecutionRow, waits: WaitingRow, { isLinkedHere, perMachine }: ViewFacts): string | null {
  return waitingSentence({
    status: row.status,
    wasSent: row.sent_at !== null,
    isAccepted: row.accepted_at !== null,
    cancelRequested: row.cancel_requested_at !== null,
    attempt: row.attempt,
    isFirstBoot: row.executiontype === 'FIRST_BOOT',
    held: row.held,
    scheduledFor: row.scheduledfor,
    sendAfter: row.send_after,
    executionCount: row.executioncount,
    maxExecutions: row.maxexecutions,
    os: row.os,
    isLinked: isLinkedHere || waits.is_linked,
    lastContact: waits.last_contact,
    hasAgent: waits.has_agent,
    platform: waits.platform,
    firstBootsAhead: waits.first_boots_ahead,
    running: waits.running,
    perMachine,
    now: waits.now,
  })
}

function time(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
