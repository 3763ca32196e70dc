import type { Schedule } from '@slipway/protocol'
import type { ScheduleRow } from './store.ts'

/** A schedule as the API shows it. */
export function scheduleView(row: ScheduleRow): Schedule {
  return {
    id: row.id,
    name: row.name,
    script_id: row.script_id,
    script_name: row.script_name,
    input_values: row.input_values,
    ...(row.run_as === null ? {} : { run_as: row.run_as }),
    ...(row.timeout_seconds === null ? {} : { timeout_seconds: row.timeout_seconds }),
    timing: row.timing,
    targets: row.targets,
    enabled: row.enabled,
    on_failure: row.on_failure,
    missed: row.missed,
    jitter_seconds: row.jitter_seconds,
    max_parallel: row.max_parallel,
    canary: row.canary,
    stop_after_failures: row.stop_after_failures,
    next_run_at: row.enabled ? (row.next_run_at?.toISOString() ?? null) : null,
    last_run_at: row.last_run_at?.toISOString() ?? null,
    execution_count: row.execution_count,
    missed_count: row.missed_count,
    ended: row.ended,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
