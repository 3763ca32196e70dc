import type { Transaction } from '../database/database.ts'
import type { ReportRow } from './execution-row.ts'

const told = `e.id, e.machineId, e.scriptId, e.script_name, e.executionType, e.status, e.attempt, e.schedule_id, e.schedule_round,
  e.stdout_bytes, e.stderr_bytes, e.startedAt, e.max_attempts, e.result_attempt, e.sent_at, e.accepted_at,
  e.cancel_requested_at, e.stdout_seq, e.stderr_seq, e.truncated`

/** SQL of time: what comes due, and what nobody answers for any more. Times are PostgreSQL's own, as text. */
export const dueStore = {
  async now(tx: Transaction): Promise<string> {
    const [row] = await tx.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
    return row?.now ?? ''
  },

  /** Machines where something came due after `since`, and milliseconds to the next such time (null: none is known). */
  async look(tx: Transaction, since: string): Promise<{ now: string; machineIds: string[]; nextMs: number | null }> {
    const [row] = await tx.query<{ now: string; machines: string[] | null; next_ms: number | null }>(
      `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), due AS (
         SELECT machineId, scheduledFor AS at FROM script_executions
          WHERE status = 'PENDING' AND scheduledFor > $1::timestamptz
         UNION ALL
         SELECT machineId, send_after FROM script_executions
          WHERE status IN ('PENDING', 'RUNNING') AND send_after IS NOT NULL AND accepted_at IS NULL AND send_after > $1::timestamptz
         UNION ALL
         SELECT machineId, send_by FROM script_executions WHERE status = 'PENDING' AND sent_at IS NULL AND NOT held AND send_by IS NOT NULL
       )
       SELECT clock.now::text AS now,
         (SELECT array_agg(DISTINCT machineId) FROM due WHERE at <= clock.now) AS machines,
         (SELECT extract(epoch FROM min(at) - clock.now) * 1000 FROM due WHERE at > clock.now)::float8 AS next_ms
       FROM clock`,
      [since],
    )
    return { now: row?.now ?? since, machineIds: row?.machines ?? [], nextMs: row?.next_ms ?? null }
  },

  /** Ends runs that their schedule does not want late. */
  async skipMissed(tx: Transaction): Promise<ReportRow[]> {
    return tx.query<ReportRow>(
      `WITH skipped AS (
         UPDATE script_executions e SET status = 'CANCELLED', completedAt = clock_timestamp(), updatedAt = clock_timestamp(),
           error = 'missed: its machine could not take it in time'
         WHERE status = 'PENDING' AND sent_at IS NULL AND NOT held AND send_by <= clock_timestamp() RETURNING ${told}
       ), counted AS (
         UPDATE schedules s SET missed_count = missed_count + m.count
           FROM (SELECT schedule_id, count(*) FROM skipped GROUP BY schedule_id) m WHERE s.id = m.schedule_id
       )
       SELECT * FROM skipped`,
    )
  },

  /** Results are still possible from these machines; one that runs far beyond its timeout is not waited for like that. */
  async touch(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    await tx.query(
      `UPDATE script_executions SET heard_at = clock_timestamp()
        WHERE status IN ('PENDING', 'RUNNING') AND heard_at IS NOT NULL AND machineId = ANY ($1)
          AND coalesce(startedAt, sent_at) + (timeout_seconds + 60) * interval '1 s' > clock_timestamp()`,
      [machineIds],
    )
  },

  /** Gives up what was not heard of for so long. A row that its agent never accepted goes on waiting. */
  async giveUp(tx: Transaction, resultWaitMs: number): Promise<ReportRow[]> {
    return tx.query<ReportRow>(
      `UPDATE script_executions e SET status = 'TIMEOUT', completedAt = clock_timestamp(), updatedAt = clock_timestamp(),
         error = 'no result came while the machine was away for longer than scripts.result_wait'
       WHERE id IN (SELECT id FROM script_executions
                     WHERE status IN ('PENDING', 'RUNNING') AND accepted_at IS NOT NULL
                       AND heard_at < clock_timestamp() - $1 * interval '1 ms'
                     ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
       RETURNING ${told}`,
      [resultWaitMs],
    )
  },

  /** For metrics: due and not sent, and the age of the oldest in seconds. */
  async queue(tx: Transaction): Promise<{ depth: number; delay: number }> {
    const [row] = await tx.query<{ depth: number; delay: number }>(
      `SELECT count(*) AS depth,
              coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(scheduledFor, createdAt))), 0)::float8 AS delay
         FROM script_executions
        WHERE status = 'PENDING' AND sent_at IS NULL AND NOT held
          AND (scheduledFor IS NULL OR scheduledFor <= clock_timestamp())`,
    )
    return row ?? { depth: 0, delay: 0 }
  },
}
