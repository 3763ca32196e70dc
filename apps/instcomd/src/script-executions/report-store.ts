import type { Transaction } from '../database/database.ts'
import type { ReportRow } from './execution-row.ts'
import type { Piece, RowChange } from './fold-reports.ts'

const columns = `id, machineid, scriptid, script_name, executiontype, status, startedat, attempt, max_attempts, result_attempt,
  sent_at, accepted_at, cancel_requested_at, stdout_seq, stderr_seq, stdout_bytes, stderr_bytes, truncated, schedule_id, schedule_round`

/** A second try waits 1 s, and twice as long each time up to a minute. */
const retrySql = `clock_timestamp() + least(power(2, e.attempt - 1), 60) * interval '1 s'`

/** SQL of storing what agents report, for many executions in one statement each. */
export const reportStore = {
  /** Locks in the order of ids, so that two writers cannot wait for each other. */
  async lock(tx: Transaction, ids: readonly string[]): Promise<ReportRow[]> {
    return tx.query<ReportRow>(
      `SELECT ${columns} FROM script_executions WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`,
      [ids],
    )
  },

  async insertPieces(tx: Transaction, pieces: readonly Piece[]): Promise<void> {
    if (pieces.length === 0) return
    await tx.query(
      `INSERT INTO script_outputs (execution_id, attempt, stream, seq, data)
       SELECT execution_id, attempt, stream, seq, data
         FROM unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::text[])
              WITH ORDINALITY AS p (execution_id, attempt, stream, seq, data, nth) ORDER BY nth
       ON CONFLICT DO NOTHING`,
      [
        pieces.map(({ execution_id }) => execution_id),
        pieces.map(({ attempt }) => attempt),
        pieces.map(({ stream }) => stream),
        pieces.map(({ seq }) => seq),
        pieces.map(({ data }) => data),
      ],
    )
  },

  async writeChanges(tx: Transaction, changes: readonly RowChange[]): Promise<void> {
    await tx.query(
      `UPDATE script_executions e SET
         status = r.status, attempt = r.attempt, result_attempt = r.result_attempt, truncated = r.truncated,
         stdout_seq = r.stdout_seq, stderr_seq = r.stderr_seq, stdout_bytes = r.stdout_bytes, stderr_bytes = r.stderr_bytes,
         accepted_at = CASE WHEN r.retries THEN NULL WHEN r.accepts THEN coalesce(e.accepted_at, clock_timestamp()) ELSE e.accepted_at END,
         sent_at = CASE WHEN r.retries THEN NULL ELSE e.sent_at END,
         sent_protocol = CASE WHEN r.retries THEN NULL ELSE e.sent_protocol END,
         send_after = CASE WHEN r.retries THEN ${retrySql} WHEN r.accepts THEN NULL ELSE e.send_after END,
         startedAt = CASE WHEN r.starts THEN coalesce(e.startedAt, clock_timestamp()) ELSE e.startedAt END,
         completedAt = CASE WHEN r.completes THEN clock_timestamp() ELSE e.completedAt END,
         lastExecutedAt = CASE WHEN r.completes OR r.retries THEN clock_timestamp() ELSE e.lastExecutedAt END,
         executionCount = e.executionCount + (r.completes OR r.retries)::int,
         exitCode = CASE WHEN r.completes OR r.retries THEN r.exit_code ELSE e.exitCode END,
         error = CASE WHEN r.completes OR r.retries THEN r.error ELSE e.error END,
         stdout = coalesce(r.stdout, e.stdout), stderr = coalesce(r.stderr, e.stderr),
         late_result = coalesce(r.late, e.late_result),
         heard_at = clock_timestamp(), updatedAt = clock_timestamp()
       FROM jsonb_to_recordset($1) AS r (id text, status text, attempt int, result_attempt int, truncated boolean,
         stdout_seq int, stderr_seq int, stdout_bytes bigint, stderr_bytes bigint, accepts boolean, starts boolean,
         completes boolean, retries boolean, exit_code bigint, error text, stdout text, stderr text, late jsonb)
       WHERE e.id = r.id`,
      [JSON.stringify(changes.map(toRecord))],
    )
  },

  /** The end of what pieces hold, for a completion that repeats no text; at most 64 pieces are looked at. */
  async tail(tx: Transaction, id: string, attempt: number, stream: 'stdout' | 'stderr'): Promise<string> {
    const rows = await tx.query<{ data: string }>(
      `SELECT data FROM (SELECT data, seq FROM script_outputs WHERE execution_id = $1 AND attempt = $2 AND stream = $3
                         ORDER BY seq DESC LIMIT 64) AS last ORDER BY seq`,
      [id, attempt, stream],
    )
    return rows.map(({ data }) => data).join('')
  },
}

function toRecord(change: RowChange): Record<string, unknown> {
  const { row, accepts, starts, completes, retries, exitCode, error, stdout, stderr, late } = change
  const { id, status, attempt, result_attempt, truncated, stdout_seq, stderr_seq, stdout_bytes, stderr_bytes } = row
  return {
    id,
    status,
    attempt,
    result_attempt,
    truncated,
    stdout_seq,
    stderr_seq,
    stdout_bytes,
    stderr_bytes,
    accepts,
    starts,
    completes,
    retries,
    exit_code: exitCode,
    error,
    stdout,
    stderr,
    late,
  }
}
