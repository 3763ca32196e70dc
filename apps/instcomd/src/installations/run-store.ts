import type { InstallationError } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'
import type { InstallationRow } from './store.ts'
import type { RunState, StepChange } from './run-state.ts'

/** The states in which a runner has work; `confirming` waits for the installed system alone. */
const runnable = `('queued', 'preparing', 'partitioning', 'pulling', 'configuring', 'finishing', 'rebooting')`
const terminal = `('completed', 'failed', 'cancelled', 'rolled-back')`

/** Serializes the count of free slots over all instances. */
const pickLock = 7_534_220

/** Longest time an installation stays with an instance that died. */
export const leaseSeconds = 10

/** A row that was picked, with what its state was before. */
export type PickedRow = InstallationRow & {
  readonly state_before: InstallationRow['state']
  /** How long its machine has been silent; 0 when it did not wait. */
  readonly waited_ms: number
}

/** One installation's share of a batch. */
export interface BatchRow {
  readonly state: RunState
  readonly owner_fence: number
}

/** A run's row, as long as this instance owns it. */
export interface RunRef {
  readonly installationId: string
  readonly owner: string
  readonly ownerFence: number
}

const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** SQL of the runner: leases with a fence, and batches over many installations at once. */
export const runStore = {
  /**
   * Takes installations that nobody runs, in the order of the queue, as many as slots are free in all instances together.
   * Those whose machine has been silent for long come last: a stuck one never blocks the next.
   */
  async pick(tx: Transaction, owner: string, maxConcurrent: number): Promise<PickedRow[]> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [pickLock])
    return tx.query<PickedRow>(
      `WITH next AS (
         SELECT installation_id, state FROM installations
          WHERE state IN ${runnable} AND (owner_until IS NULL OR owner_until <= clock_timestamp())
            AND next_attempt_at <= clock_timestamp()
          ORDER BY coalesce(waiting_since < clock_timestamp() - interval '1 minute', false), position
          LIMIT greatest(0, $2::int - (SELECT count(*) FROM installations
                                        WHERE state IN ${runnable} AND owner_until > clock_timestamp()))
          FOR UPDATE SKIP LOCKED)
       UPDATE installations i SET owner = $1, owner_fence = owner_fence + 1, attempts = attempts + 1, waiting_for = NULL,
              owner_until = clock_timestamp() + $3 * interval '1 s',
              state = CASE WHEN i.state = 'queued' THEN 'preparing' ELSE i.state END,
              phase = CASE WHEN i.state = 'queued' THEN 'preparing' ELSE i.phase END,
              started_at = coalesce(started_at, clock_timestamp())
         FROM next WHERE i.installation_id = next.installation_id
       RETURNING i.*, next.state AS state_before,
         coalesce(extract(epoch FROM clock_timestamp() - i.waiting_since) * 1000, 0)::float8 AS waited_ms`,
      [owner, maxConcurrent, leaseSeconds],
    )
  },

  /** Ends the leases of an earlier life of this instance; its fence keeps a late write of that life out. */
  async takeBackOwn(tx: Transaction, owner: string): Promise<void> {
    await tx.query('UPDATE installations SET owner = NULL, owner_until = NULL WHERE owner = $1', [owner])
  },

  /** Prolongs the leases of this instance and returns what it still holds, with what operators ask for. */
  async prolong(
    tx: Transaction,
    owner: string,
    installationIds: readonly string[],
  ): Promise<{ installation_id: string; intent: InstallationRow['intent'] }[]> {
    return tx.query(
      `UPDATE installations SET owner_until = clock_timestamp() + $3 * interval '1 s'
        WHERE installation_id = ANY($2) AND owner = $1 AND state NOT IN ${terminal}
        RETURNING installation_id, intent`,
      [owner, installationIds, leaseSeconds],
    )
  },

  /** Gives an installation back at once, to whoever comes first. */
  async giveBack(tx: Transaction, run: RunRef): Promise<void> {
    await tx.query(
      `UPDATE installations SET owner = NULL, owner_until = NULL, waiting_for = NULL, next_attempt_at = clock_timestamp()
        WHERE installation_id = $1 AND owner = $2 AND owner_fence = $3`,
      [run.installationId, run.owner, run.ownerFence],
    )
  },

  /** Gives an installation back, to be tried again after a while. `heard`: the machine answered since it was picked. */
  async putOff(
    tx: Transaction,
    run: RunRef,
    wait: { delayMs: number; error: InstallationError; heard: boolean },
  ): Promise<void> {
    await tx.query(
      `UPDATE installations SET owner = NULL, owner_until = NULL, waiting_for = $5, waiting_error = $6,
              waiting_since = CASE WHEN $7 THEN clock_timestamp() ELSE coalesce(waiting_since, clock_timestamp()) END,
              next_attempt_at = clock_timestamp() + $4 * interval '1 ms'
        WHERE installation_id = $1 AND owner = $2 AND owner_fence = $3`,
      [run.installationId, run.owner, run.ownerFence, wait.delayMs, wait.error.message, wait.error, wait.heard],
    )
  },

  /** The machine answered: what it is waited for counts anew. */
  async heard(tx: Transaction, run: RunRef): Promise<void> {
    await tx.query(
      `UPDATE installations SET waiting_since = NULL, waiting_error = NULL
        WHERE installation_id = $1 AND owner = $2 AND owner_fence = $3`,
      [run.installationId, run.owner, run.ownerFence],
    )
  },

  /** Writes progress of many installations; returns the ids that this instance still owns and that have not ended. */
  async writeStates(tx: Transaction, owner: string, rows: readonly BatchRow[]): Promise<Set<string>> {
    const input = rows.map(({ state, owner_fence }) => ({ ...state, owner_fence }))
    const written = await tx.query<{ installation_id: string }>(
      `UPDATE installations i SET state = n.state, phase = n.phase, step_id = n.step_id,
              percent = greatest(i.percent, n.percent), bytes_done = n.bytes_done, rate = n.rate, eta_seconds = n.eta_seconds,
              last_seq = n.last_seq, bytes_by_step = n.bytes_by_step
         FROM jsonb_to_recordset($2::jsonb) AS n (installation_id text, owner_fence bigint, state text, phase text, step_id text,
              percent int, bytes_done bigint, rate bigint, eta_seconds int, last_seq bigint, bytes_by_step jsonb)
        WHERE i.installation_id = n.installation_id AND i.owner = $1 AND i.owner_fence = n.owner_fence
          AND i.state NOT IN ${terminal}
        RETURNING i.installation_id`,
      [owner, JSON.stringify(input)],
    )
    return new Set(written.map((row) => row.installation_id))
  },

  /** Writes the last change of each step; a start that is stored already stays, an end is added. */
  async writeSteps(tx: Transaction, changes: readonly (StepChange & { installation_id: string })[]): Promise<void> {
    if (changes.length === 0) return
    await tx.query(
      `INSERT INTO installation_steps AS s (installation_id, step_id, started_at, ended_at, outcome, error)
       SELECT installation_id, step_id, coalesce(started_at, ended_at), ended_at, outcome, error
         FROM jsonb_to_recordset($1::jsonb) AS n (installation_id text, step_id text, started_at timestamptz,
              ended_at timestamptz, outcome text, error jsonb)
       ON CONFLICT (installation_id, step_id) DO UPDATE SET
         ended_at = excluded.ended_at, outcome = excluded.outcome, error = excluded.error`,
      [JSON.stringify(changes)],
    )
  },

  async writeLogs(tx: Transaction, lines: readonly LogInsert[]): Promise<void> {
    if (lines.length === 0) return
    const column = <T>(pick: (line: LogInsert) => T) => lines.map(pick)
    await tx.query(
      `INSERT INTO installation_logs (installation_id, seq, at, level, step_id, message)
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::smallint[], $5::text[], $6::text[])
       ON CONFLICT DO NOTHING`,
      [
        column((line) => line.installation_id),
        column((line) => line.seq),
        column((line) => line.at),
        column((line) => levels[line.level]),
        column((line) => line.step),
        column((line) => line.message),
      ],
    )
  },

  /** Starts the wait for the first-boot report. */
  async awaitConfirmation(tx: Transaction, installationIds: readonly string[], withinMs: number): Promise<void> {
    await tx.query(
      `UPDATE installations SET state = 'confirming', phase = 'confirming', owner = NULL, owner_until = NULL, waiting_for = NULL,
              confirm_by = clock_timestamp() + $2 * interval '1 ms',
              boot_id = (SELECT m.boot_id FROM machines m WHERE m.machine_id = installations.machine_id)
        WHERE installation_id = ANY($1)`,
      [installationIds, withinMs],
    )
  },

  /** Tells whether an instance still reads this installation's events. */
  async isBeingRun(tx: Transaction, installationId: string): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM installations WHERE installation_id = $1 AND state IN ${runnable} AND owner_until > clock_timestamp()`,
      [installationId],
    )
    return rows.length > 0
  },

  /** The new system runs, so every step is done: those whose events were lost with the machine's memory end now. */
  async settleSteps(tx: Transaction, installationId: string): Promise<void> {
    await tx.query(
      `INSERT INTO installation_steps AS s (installation_id, step_id, started_at, ended_at, outcome)
       SELECT i.installation_id, step ->> 'id', clock_timestamp(), clock_timestamp(), 'done'
         FROM installations i JOIN plans p USING (plan_sha256), jsonb_array_elements(p.plan_json::jsonb -> 'steps') AS step
        WHERE i.installation_id = $1
       ON CONFLICT (installation_id, step_id) DO UPDATE SET outcome = 'done', ended_at = coalesce(s.ended_at, excluded.ended_at)
         WHERE s.outcome <> 'done'`,
      [installationId],
    )
  },

  /** Installations whose new system did not report in time. */
  async overdue(tx: Transaction): Promise<InstallationRow[]> {
    return tx.query<InstallationRow>(
      `SELECT * FROM installations WHERE state = 'confirming' AND confirm_by <= clock_timestamp()
        ORDER BY confirm_by LIMIT 100 FOR UPDATE SKIP LOCKED`,
    )
  },

  /** Installations that wait for their new system on these machines. */
  async confirmingOn(tx: Transaction, machineIds: readonly string[]): Promise<InstallationRow[]> {
    return tx.query<InstallationRow>(
      `SELECT * FROM installations WHERE state = 'confirming' AND machine_id = ANY($1)`,
      [machineIds],
    )
  },
}

export interface LogInsert {
  readonly installation_id: string
  readonly seq: number
  readonly at: string
  readonly level: keyof typeof levels
  readonly step: string | null
  readonly message: string
}
