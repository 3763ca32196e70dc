import type { Schedule } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** A row of `schedules`; timing and targets are as the API has them. */
export interface ScheduleRow {
  readonly id: string
  readonly name: string
  readonly script_id: string
  readonly script_name: string
  readonly timing: Schedule['timing']
  readonly targets: Schedule['targets']
  readonly input_values: Record<string, unknown>
  readonly inputs_sealed: string | null
  readonly run_as: string | null
  readonly timeout_seconds: number | null
  readonly enabled: boolean
  readonly on_failure: Schedule['on_failure']
  readonly missed: Schedule['missed']
  readonly jitter_seconds: number
  readonly max_parallel: number | null
  readonly canary: number
  readonly stop_after_failures: number | null
  readonly next_run_at: Date | null
  readonly last_run_at: Date | null
  readonly execution_count: number
  readonly missed_count: number
  readonly ended: string | null
  readonly created_by: string
  readonly created_at: Date
  readonly updated_at: Date
}

export type NewSchedule = Omit<
  ScheduleRow,
  'execution_count' | 'missed_count' | 'last_run_at' | 'created_at' | 'updated_at'
>
type Changeable = Omit<NewSchedule, 'id' | 'script_id' | 'script_name' | 'created_by'> &
  Pick<ScheduleRow, 'execution_count'>

export interface ScheduleFilter {
  readonly scriptId: string | undefined
  readonly machineId: string | undefined
  readonly limit: number
  readonly afterId: string
}

/** SQL over `schedules`, as people make and change them; `round-store.ts` has what the scheduler does. */
export const scheduleStore = {
  async read(tx: Transaction, id: string): Promise<ScheduleRow | null> {
    const [row] = await tx.query<ScheduleRow>('SELECT * FROM schedules WHERE id = $1', [id])
    return row ?? null
  },

  async list(tx: Transaction, filter: ScheduleFilter): Promise<ScheduleRow[]> {
    return tx.query<ScheduleRow>(
      `SELECT * FROM schedules s
        WHERE s.id > $1 AND ($2::text IS NULL OR s.script_id = $2)
          AND ($3::text IS NULL OR s.targets -> 'machine_ids' ? $3
               OR EXISTS (SELECT 1 FROM script_executions e WHERE e.schedule_id = s.id AND e.machineId = $3))
        ORDER BY s.id LIMIT $4`,
      [filter.afterId, filter.scriptId ?? null, filter.machineId ?? null, filter.limit],
    )
  },

  async insert(tx: Transaction, row: NewSchedule): Promise<void> {
    await tx.query(
      `INSERT INTO schedules (id, name, script_id, script_name, timing, targets, input_values, inputs_sealed, run_as,
         timeout_seconds, enabled, on_failure, missed, jitter_seconds, max_parallel, canary, stop_after_failures,
         next_run_at, ended, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
      [
        row.id,
        row.name,
        row.script_id,
        row.script_name,
        JSON.stringify(row.timing),
        JSON.stringify(row.targets),
        JSON.stringify(row.input_values),
        row.inputs_sealed,
        row.run_as,
        row.timeout_seconds,
        row.enabled,
        row.on_failure,
        row.missed,
        row.jitter_seconds,
        row.max_parallel,
        row.canary,
        row.stop_after_failures,
        row.next_run_at,
        row.ended,
        row.created_by,
      ],
    )
  },

  async lock(tx: Transaction, id: string): Promise<ScheduleRow | null> {
    const [row] = await tx.query<ScheduleRow>('SELECT * FROM schedules WHERE id = $1 FOR UPDATE', [id])
    return row ?? null
  },

  async change(tx: Transaction, id: string, row: Changeable): Promise<void> {
    await tx.query(
      `UPDATE schedules SET name = $2, timing = $3, targets = $4, input_values = $5, inputs_sealed = $6, enabled = $7,
         on_failure = $8, missed = $9, next_run_at = $10, ended = $11, execution_count = $12, run_as = $13,
         timeout_seconds = $14, jitter_seconds = $15, max_parallel = $16, canary = $17, stop_after_failures = $18,
         updated_at = now() WHERE id = $1`,
      [
        id,
        row.name,
        JSON.stringify(row.timing),
        JSON.stringify(row.targets),
        JSON.stringify(row.input_values),
        row.inputs_sealed,
        row.enabled,
        row.on_failure,
        row.missed,
        row.next_run_at,
        row.ended,
        row.execution_count,
        row.run_as,
        row.timeout_seconds,
        row.jitter_seconds,
        row.max_parallel,
        row.canary,
        row.stop_after_failures,
      ],
    )
  },

  async remove(tx: Transaction, id: string): Promise<boolean> {
    return (await tx.query('DELETE FROM schedules WHERE id = $1 RETURNING 1', [id])).length > 0
  },

  /**
   * Machines that targets mean now: named ones, guests with one of the tags, guests that match a search. Of the latter two
   * none whose system the script is not for.
   */
  async targets(tx: Transaction, targets: Schedule['targets'], os: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ machine_id: string }>(
      `SELECT m.machine_id FROM machines m LEFT JOIN guests g USING (machine_id)
        WHERE m.machine_id = ANY ($1)
           OR (g.machine_id IS NOT NULL AND (g.platform IS NULL OR g.platform = ANY ($4)) AND (g.tags && $2
               OR ($3::text IS NOT NULL AND strpos(lower(concat_ws(' ', m.machine_id, m.hostname, m.address,
                     array_to_string(g.tags, ' '))), lower($3)) > 0)))
        ORDER BY m.machine_id`,
      [targets.machine_ids ?? [], targets.tags ?? [], targets.query ?? null, os],
    )
    return rows.map(({ machine_id }) => machine_id)
  },
}
