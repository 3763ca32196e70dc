import type { Transaction } from '../database/database.ts'

export interface WaitingRow {
  readonly id: string
  readonly is_linked: boolean
  readonly has_agent: boolean
  readonly last_contact: Date | null
  readonly platform: string | null
  readonly first_boots_ahead: number
  readonly running: number
  readonly now: Date
}

/** What stands between these executions and their machines, in one query. */
export async function readWaiting(tx: Transaction, ids: readonly string[]): Promise<Map<string, WaitingRow>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.query<WaitingRow>(
    `SELECT e.id, coalesce(g.session IS NOT NULL, false) AS is_linked, g.machine_id IS NOT NULL AS has_agent,
            g.last_contact, g.platform, clock_timestamp() AS now, ahead.count AS first_boots_ahead, flying.count AS running
       FROM script_executions e LEFT JOIN guests g ON g.machine_id = e.machineId
       CROSS JOIN LATERAL (
         SELECT count(*) FROM script_executions o
          WHERE o.machineId = e.machineId AND o.status IN ('PENDING', 'RUNNING') AND o.executionType = 'FIRST_BOOT'
            AND o.id <> e.id AND NOT o.held AND (o.scheduledFor IS NULL OR o.scheduledFor <= clock_timestamp())
            AND (g.platform IS NULL OR g.platform = ANY (o.os))
            AND (e.executionType <> 'FIRST_BOOT' OR o.sent_at IS NOT NULL OR o.status = 'RUNNING'
                 OR (o."order", o.createdAt, o.position) < (e."order", e.createdAt, e.position))) AS ahead
       CROSS JOIN LATERAL (
         SELECT count(*) FROM script_executions o
          WHERE o.machineId = e.machineId AND o.status IN ('PENDING', 'RUNNING') AND o.executionType <> 'FIRST_BOOT'
            AND o.id <> e.id AND (o.sent_at IS NOT NULL OR o.status = 'RUNNING')) AS flying
      WHERE e.id = ANY ($1)`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}
