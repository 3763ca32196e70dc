import type { Transaction } from '../database/database.ts'
import type { ClaimedRow } from './execution-row.ts'

/** scripts.md: not accepted within 15 s → sent again. */
export const acceptSeconds = 15

/** Any constant that nobody else locks by; the second key is the machine's hash. */
const lockClass = 7_534_211

/** A guest to send to: what decides which of its scripts may go. */
export interface ClaimTarget {
  readonly machineId: string
  readonly platform: 'linux' | 'windows' | null
  readonly protocol: 1 | 2
  /** A new session: what this instance sent in an older one, and the agent has not accepted, may go again at once. */
  readonly again: boolean
}

export interface ClaimOptions {
  readonly owner: string
  readonly perMachine: number
  /** Sent in the session that lasts: their lease holds even for an agent that asks again. */
  readonly sentNow: readonly string[]
}

/** SQL of claiming: who may send what. */
export const claimStore = {
  /** One claimer per machine at a time, over all instances, so that the limits are counted right. */
  async lock(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    await tx.query(
      `SELECT pg_advisory_xact_lock(${lockClass}, key)
         FROM (SELECT DISTINCT hashtext(id) AS key FROM unnest($1::text[]) AS id ORDER BY 1) AS keys`,
      [machineIds],
    )
  },

  /**
   * Claims what is due on these machines: FIRST_BOOT before the others and one at a time, others up to `perMachine` side by
   * side, in order; and what was sent and not accepted in time (protocol 2). The update is conditional on the row itself, so a
   * row goes to one claimer even without the lock.
   */
  async claim(
    tx: Transaction,
    targets: readonly ClaimTarget[],
    { owner, perMachine, sentNow }: ClaimOptions,
  ): Promise<ClaimedRow[]> {
    return tx.query<ClaimedRow>(
      `WITH guest AS (
         SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::boolean[]) AS g (machine_id, platform, protocol, again)
       ), active AS (
         SELECT e.id, e.machineId, e."order", e.createdAt, e.position, g.protocol, g.again,
                e.executionType = 'FIRST_BOOT' AS first,
                e.status = 'RUNNING' OR e.sent_at IS NOT NULL AS flying
           FROM script_executions e JOIN guest g ON g.machine_id = e.machineId
          WHERE e.status IN ('PENDING', 'RUNNING') AND NOT e.held
            AND (e.scheduledFor IS NULL OR e.scheduledFor <= clock_timestamp())
            AND (g.platform IS NULL OR g.platform = ANY (e.os))
       ), ranked AS (
         SELECT *, row_number() OVER (PARTITION BY machineId, flying, first ORDER BY "order", createdAt, position) AS nth,
                count(*) FILTER (WHERE first) OVER machine AS firsts,
                count(*) FILTER (WHERE first AND flying) OVER machine AS firsts_flying,
                count(*) FILTER (WHERE NOT first AND flying) OVER machine AS others_flying
           FROM active WINDOW machine AS (PARTITION BY machineId)
       ), chosen AS (
         SELECT id, protocol, again FROM ranked
          WHERE CASE WHEN flying THEN true
                     WHEN first THEN firsts_flying = 0 AND nth = 1
                     ELSE firsts = 0 AND nth <= $5 - others_flying END
       ), before AS (
         SELECT e.id, c.protocol, c.again, e.status, e.sent_at, e.sent_protocol
           FROM script_executions e JOIN chosen c USING (id)
          WHERE e.status IN ('PENDING', 'RUNNING') AND e.accepted_at IS NULL
            AND e.sent_protocol IS DISTINCT FROM 1
            AND (e.send_after IS NULL OR e.send_after <= clock_timestamp()
                 OR (c.again AND e.send_owner = $6 AND e.sent_at IS NOT NULL AND e.id <> ALL ($7::text[])))
            FOR NO KEY UPDATE OF e
       )
       UPDATE script_executions e SET
         sent_at = coalesce(e.sent_at, clock_timestamp()), sent_protocol = b.protocol, send_owner = $6,
         send_fence = e.send_fence + 1, send_after = clock_timestamp() + interval '${acceptSeconds} s',
         heard_at = clock_timestamp(), updatedAt = clock_timestamp(),
         accepted_at = CASE WHEN b.protocol = 1 THEN clock_timestamp() END,
         startedAt = CASE WHEN b.protocol = 1 THEN clock_timestamp() ELSE e.startedAt END,
         status = CASE WHEN b.protocol = 1 THEN 'RUNNING' ELSE e.status END
       FROM before b
       WHERE e.id = b.id AND e.accepted_at IS NULL
         AND (e.send_after IS NULL OR e.send_after <= clock_timestamp()
              OR (b.again AND e.send_owner = $6 AND e.sent_at IS NOT NULL))
       RETURNING e.id, e.machineId, e.scriptId, e.script_name, e.shell, e.program, e.env_sealed, e.executionType,
         e.inputValues, e.timeout_seconds, e.executedAs, e.attempt, e.send_fence, e.cancel_requested_at, e.sent_protocol,
         b.sent_at IS NOT NULL AS was_sent, b.status AS status_before, e."order", e.createdAt, e.position`,
      [
        targets.map(({ machineId }) => machineId),
        targets.map(({ platform }) => platform),
        targets.map(({ protocol }) => protocol),
        targets.map(({ again }) => again),
        perMachine,
        owner,
        sentNow,
      ],
    )
  },

  /** Gives back what did not reach the link: the row is as before the claim, unless somebody claimed it since. */
  async release(tx: Transaction, owner: string, rows: readonly ClaimedRow[]): Promise<void> {
    await tx.query(
      `UPDATE script_executions e SET
         sent_at = CASE WHEN r.was_sent THEN e.sent_at END,
         sent_protocol = CASE WHEN r.was_sent THEN e.sent_protocol END,
         accepted_at = NULL, send_after = NULL, status = r.status_before, updatedAt = clock_timestamp(),
         startedAt = CASE WHEN r.status_before = 'PENDING' THEN NULL ELSE e.startedAt END
       FROM jsonb_to_recordset($1) AS r (id text, send_fence bigint, was_sent boolean, status_before text)
       WHERE e.id = r.id AND e.send_owner = $2 AND e.send_fence = r.send_fence AND e.status IN ('PENDING', 'RUNNING')`,
      [
        JSON.stringify(
          rows.map(({ id, send_fence, was_sent, status_before }) => ({ id, send_fence, was_sent, status_before })),
        ),
        owner,
      ],
    )
  },

  /** Running or sent, and to be cancelled: the agent is told (again). */
  async toCancel(tx: Transaction, machineId: string): Promise<{ id: string; attempt: number }[]> {
    return tx.query<{ id: string; attempt: number }>(
      `SELECT id, attempt FROM script_executions
        WHERE machineId = $1 AND status IN ('PENDING', 'RUNNING') AND cancel_requested_at IS NOT NULL AND sent_at IS NOT NULL`,
      [machineId],
    )
  },
}
