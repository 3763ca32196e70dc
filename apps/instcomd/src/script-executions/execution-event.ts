import type { NewEvent } from '../events/append-event.ts'
import type { ReportRow } from './execution-row.ts'

type ScriptEventType = 'scripts.queued' | 'scripts.started' | 'scripts.output' | 'scripts.completed'
/** Columns of an execution that its events need. */
export type EventFacts = Pick<
  ReportRow,
  | 'id'
  | 'machineid'
  | 'scriptid'
  | 'script_name'
  | 'executiontype'
  | 'status'
  | 'attempt'
  | 'schedule_id'
  | 'stdout_bytes'
  | 'stderr_bytes'
>

/** One event of an execution. Output and values stay out of it: they may hold what only the operator should read. */
export function executionEvent(
  type: ScriptEventType,
  row: EventFacts,
  more: Readonly<Record<string, unknown>> = {},
  actor = 'instcomd',
): NewEvent {
  const output = type === 'scripts.queued' ? {} : { stdout_bytes: row.stdout_bytes, stderr_bytes: row.stderr_bytes }
  return {
    type,
    actor,
    data: {
      execution_id: row.id,
      machine_id: row.machineid,
      script_id: row.scriptid,
      script_name: row.script_name,
      execution_type: row.executiontype,
      schedule_id: row.schedule_id,
      status: row.status,
      attempt: row.attempt,
      ...output,
      ...more,
    },
  }
}
