import type { ExecutionStatus } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'
import type { ExecutionRow, NewExecution } from './execution-row.ts'

export interface ExecutionFilter {
  readonly machineId: string | undefined
  readonly scriptId: string | undefined
  readonly scheduleId: string | undefined
  readonly status: ExecutionStatus | undefined
  readonly limit: number
  readonly before: number
}

/** What is shown; the program and the sealed environment stay behind. */
const shown = `e.id, e.position, e.scriptid, e.script_name, e.machineid, e.executiontype, e.status, e.scheduledfor, e.startedat,
  e.completedat, e.exitcode, e.stdout, e.stderr, e.error, e.inputvalues, e.executedas, e."order",
  v.repeatintervalminutes, v.lastexecutedat, v.executioncount, v.maxexecutions, e.attempt, e.createdat, e.updatedat,
  e.os, e.timeout_seconds, e.max_attempts, e.created_by, e.schedule_id, e.schedule_round, e.held, e.sent_at, e.send_after,
  e.accepted_at, e.cancel_requested_at, e.result_attempt, e.late_result, e.stdout_seq, e.stderr_seq, e.stdout_bytes,
  e.stderr_bytes, e.truncated`

/** SQL over `script_executions`, as people read and make them. */
export const executionStore = {
  async read(tx: Transaction, id: string): Promise<ExecutionRow | null> {
    const [row] = await tx.query<ExecutionRow>(
      `SELECT ${shown} FROM script_executions e JOIN ScriptExecution v USING (id) WHERE e.id = $1`,
      [id],
    )
    return row ?? null
  },

  async list(tx: Transaction, filter: ExecutionFilter): Promise<ExecutionRow[]> {
    return tx.query<ExecutionRow>(
      `SELECT ${shown} FROM script_executions e JOIN ScriptExecution v USING (id)
        WHERE e.position < $1 AND ($2::text IS NULL OR e.machineId = $2) AND ($3::text IS NULL OR e.scriptId = $3)
          AND ($4::text IS NULL OR e.schedule_id = $4) AND ($5::text IS NULL OR e.status = $5)
        ORDER BY e.position DESC LIMIT $6`,
      [
        filter.before,
        filter.machineId ?? null,
        filter.scriptId ?? null,
        filter.scheduleId ?? null,
        filter.status ?? null,
        filter.limit,
      ],
    )
  },

  /** Which of these machines exist. */
  async knownMachines(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
    const rows = await tx.query<{ machine_id: string }>('SELECT machine_id FROM machines WHERE machine_id = ANY ($1)', [
      ids,
    ])
    return new Set(rows.map(({ machine_id }) => machine_id))
  },

  /** One statement for all; `json` carries what differs from row to row. */
  async insert(tx: Transaction, rows: readonly NewExecution[]): Promise<void> {
    if (rows.length === 0) return
    await tx.query(
      `INSERT INTO script_executions (id, scriptId, script_name, machineId, executionType, scheduledFor, inputValues,
         executedAs, "order", os, shell, program, env_sealed, timeout_seconds, max_attempts, created_by, schedule_id,
         schedule_round, held, send_by)
       SELECT r.id, r."scriptId", r."scriptName", r."machineId", r."executionType", r."scheduledFor", r."inputValues",
         r."executedAs", r."order", $2, $3, $4, r."envSealed", r."timeoutSeconds", r."maxAttempts", r."createdBy",
         r."scheduleId", r."scheduleRound", r.held, r."sendBy"
       FROM jsonb_to_recordset($1) AS r (id text, "scriptId" text, "scriptName" text, "machineId" text,
         "executionType" text, "scheduledFor" timestamptz, "inputValues" jsonb, "executedAs" text, "order" integer,
         "envSealed" text, "timeoutSeconds" integer, "maxAttempts" integer, "createdBy" text, "scheduleId" text,
         "scheduleRound" integer, held boolean, "sendBy" timestamptz)`,
      // System, shell and program are the script's, and large: once is enough.
      [
        JSON.stringify(rows.map(({ os: _os, shell: _shell, program: _program, ...rest }) => rest)),
        rows[0]?.os,
        rows[0]?.shell,
        rows[0]?.program,
      ],
    )
  },

  /** Notes the wish; a row that was never sent ends here. Null when it has ended already. */
  async cancel(
    tx: Transaction,
    id: string,
    by: string,
  ): Promise<{ machineid: string; status: ExecutionStatus } | null> {
    const [row] = await tx.query<{ machineid: string; status: ExecutionStatus }>(
      `UPDATE script_executions SET
         cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
         cancel_requested_by = coalesce(cancel_requested_by, $2),
         status = CASE WHEN sent_at IS NULL THEN 'CANCELLED' ELSE status END,
         completedAt = CASE WHEN sent_at IS NULL THEN clock_timestamp() END,
         error = CASE WHEN sent_at IS NULL THEN 'cancelled by ' || $2 ELSE error END,
         updatedAt = clock_timestamp()
       WHERE id = $1 AND status IN ('PENDING', 'RUNNING') RETURNING machineId, status`,
      [id, by],
    )
    return row ?? null
  },
}
