import type { Transaction } from '../database/database.ts'
import type { EventFacts } from '../script-executions/execution-event.ts'
import type { ReportRow } from '../script-executions/execution-row.ts'
import type { RoundCounts } from './round.ts'
import type { ScheduleRow } from './store.ts'

/** Schedules of one turn; each is a transaction of its own in cost. */
const mostSchedules = 20

/** What an event of an end needs. */
const told = `id, machineId, scriptId, script_name, executionType, status, attempt, schedule_id, schedule_round, stdout_bytes, stderr_bytes`
export type EndedRow = EventFacts & Pick<ReportRow, 'schedule_round'>

/** SQL of what the scheduler does. */
export const roundStore = {
  /** Schedules whose time has come, locked: whoever holds the lock makes the run, and moves the time on in the same transaction. */
  async takeDue(tx: Transaction): Promise<(ScheduleRow & { readonly now: Date })[]> {
    return tx.query(
      `SELECT *, clock_timestamp() AS now FROM schedules
        WHERE enabled AND next_run_at <= clock_timestamp() ORDER BY next_run_at LIMIT ${mostSchedules} FOR UPDATE SKIP LOCKED`,
    )
  },

  /** Milliseconds to the next time of any schedule; null: there is none. */
  async nextMs(tx: Transaction): Promise<number | null> {
    const [row] = await tx.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(next_run_at) - clock_timestamp()) * 1000)::float8 AS ms FROM schedules
        WHERE enabled AND next_run_at IS NOT NULL`,
    )
    return row?.ms ?? null
  },

  async moveOn(
    tx: Transaction,
    id: string,
    move: { next: Date | null; lastRun: Date | null; runs: number; missed: number; ended: string | null },
  ): Promise<void> {
    await tx.query(
      `UPDATE schedules SET next_run_at = $2, last_run_at = coalesce($3, last_run_at), execution_count = execution_count + $4,
         missed_count = missed_count + $5, ended = coalesce(ended, $6), enabled = enabled AND $6::text IS NULL, updated_at = now()
       WHERE id = $1`,
      [id, move.next, move.lastRun, move.runs, move.missed, move.ended],
    )
  },

  /** Machines that still have an earlier run of the schedule to come. */
  async waitingMachines(tx: Transaction, scheduleId: string): Promise<Set<string>> {
    const rows = await tx.query<{ machineid: string }>(
      `SELECT DISTINCT machineId FROM script_executions WHERE schedule_id = $1 AND status = 'PENDING' AND sent_at IS NULL`,
      [scheduleId],
    )
    return new Set(rows.map(({ machineid }) => machineid))
  },

  async counts(tx: Transaction, scheduleId: string, round: number, canary: number): Promise<RoundCounts> {
    const [row] = await tx.query<RoundCounts>(
      `SELECT count(*) FILTER (WHERE held AND is_open) AS held,
              count(*) FILTER (WHERE NOT held AND is_open) AS active,
              count(*) FILTER (WHERE status IN ('FAILED', 'TIMEOUT')) AS failed,
              count(*) FILTER (WHERE nth <= $3 AND is_open) AS "canariesOpen",
              count(*) FILTER (WHERE nth <= $3 AND NOT is_open AND status <> 'SUCCESS') AS "canariesNotSucceeded"
         FROM (SELECT status, held, status IN ('PENDING', 'RUNNING') AS is_open, row_number() OVER (ORDER BY position) AS nth
                 FROM script_executions WHERE schedule_id = $1 AND schedule_round = $2) AS round`,
      [scheduleId, round, canary],
    )
    return row ?? { held: 0, active: 0, failed: 0, canariesOpen: 0, canariesNotSucceeded: 0 }
  },

  /** Lets the next held ones go; returns their machines. */
  async release(tx: Transaction, scheduleId: string, round: number, count: number): Promise<string[]> {
    const rows = await tx.query<{ machineid: string }>(
      `UPDATE script_executions SET held = false, updatedAt = clock_timestamp(),
         send_by = send_by + (clock_timestamp() - createdAt)
       WHERE id IN (SELECT id FROM script_executions WHERE schedule_id = $1 AND schedule_round = $2 AND held AND status = 'PENDING'
                    ORDER BY position LIMIT $3)
       RETURNING machineId`,
      [scheduleId, round, count],
    )
    return rows.map(({ machineid }) => machineid)
  },

  /** Held executions of a schedule that is gone would wait for ever. */
  async cancelHeld(tx: Transaction, scheduleId: string): Promise<EndedRow[]> {
    return tx.query<EndedRow>(
      `UPDATE script_executions SET status = 'CANCELLED', error = 'its schedule was removed', completedAt = clock_timestamp(),
         updatedAt = clock_timestamp()
        WHERE schedule_id = $1 AND held AND status = 'PENDING'
        RETURNING ${told}`,
      [scheduleId],
    )
  },

  async cancelRest(tx: Transaction, scheduleId: string, round: number, why: string): Promise<EndedRow[]> {
    return tx.query<EndedRow>(
      `UPDATE script_executions SET status = 'CANCELLED', error = $3, completedAt = clock_timestamp(), updatedAt = clock_timestamp()
        WHERE schedule_id = $1 AND schedule_round = $2 AND status = 'PENDING' AND sent_at IS NULL
        RETURNING ${told}`,
      [scheduleId, round, why],
    )
  },
}
