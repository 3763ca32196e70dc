import type { InstallationError, InstallationState, TimelineStep } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** A row of `installations`. */
export interface InstallationRow {
  readonly installation_id: string
  readonly position: number
  readonly machine_id: string
  readonly plan_sha256: string
  readonly kdl: string
  readonly boot_environment: string
  readonly image_reference: string
  readonly image_digest: string
  readonly claim_id: string
  readonly created_by: string
  readonly state: InstallationState
  readonly phase: InstallationState
  readonly step_id: string | null
  readonly percent: number
  readonly bytes_done: number | null
  readonly bytes_total: number | null
  readonly rate: number | null
  readonly eta_seconds: number | null
  readonly confirmed: boolean
  readonly error: InstallationError | null
  readonly intent: 'cancel' | 'rollback' | null
  readonly last_seq: number
  readonly bytes_by_step: Readonly<Record<string, number>>
  readonly first_boot_hash: Buffer | null
  readonly first_boot_sealed: string | null
  readonly boot_id: string | null
  readonly owner: string | null
  readonly owner_fence: number
  readonly attempts: number
  readonly waiting_for: string | null
  readonly waiting_since: Date | null
  readonly waiting_error: InstallationError | null
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

export interface NewInstallation {
  readonly installationId: string
  readonly machineId: string
  readonly planSha256: string
  readonly kdl: string
  /** Of the new system. */
  readonly hostname: string
  readonly bootEnvironment: string
  readonly image: { reference: string; digest: string; bytes: number }
  readonly claimId: string
  readonly createdBy: string
  readonly principalId: string
  readonly idempotencyKey: string | null
  readonly firstBoot: { hash: Buffer; sealed: string } | null
}

export interface InstallationFilter {
  readonly machineId?: string | undefined
  readonly status?: InstallationState | undefined
  readonly limit: number
  /** Newest first: rows of a lower position. */
  readonly before: number
}

/** SQL over `installations`, as the API reads and makes them; `run-store.ts` has what the runner does. */
export const installationStore = {
  async read(tx: Transaction, installationId: string): Promise<InstallationRow | null> {
    const [row] = await tx.query<InstallationRow>('SELECT * FROM installations WHERE installation_id = $1', [
      installationId,
    ])
    return row ?? null
  },

  async byRequest(tx: Transaction, principalId: string, key: string): Promise<string | null> {
    const [row] = await tx.query<{ installation_id: string }>(
      'SELECT installation_id FROM installations WHERE principal_id = $1 AND idempotency_key = $2',
      [principalId, key],
    )
    return row?.installation_id ?? null
  },

  async list(tx: Transaction, filter: InstallationFilter): Promise<InstallationRow[]> {
    return tx.query<InstallationRow>(
      `SELECT * FROM installations
        WHERE position < $1 AND ($2::text IS NULL OR machine_id = $2) AND ($3::text IS NULL OR state = $3)
        ORDER BY position DESC LIMIT $4`,
      [filter.before, filter.machineId ?? null, filter.status ?? null, filter.limit],
    )
  },

  async insert(tx: Transaction, made: NewInstallation): Promise<void> {
    await tx.query(
      `WITH made AS (
         INSERT INTO installations (installation_id, machine_id, plan_sha256, kdl, boot_environment, image_reference,
             image_digest, bytes_total, claim_id, created_by, principal_id, idempotency_key, first_boot_hash, first_boot_sealed,
             hostname)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15))
       UPDATE machines SET installation_id = $1 WHERE machine_id = $2`,
      [
        made.installationId,
        made.machineId,
        made.planSha256,
        made.kdl,
        made.bootEnvironment,
        made.image.reference,
        made.image.digest,
        made.image.bytes,
        made.claimId,
        made.createdBy,
        made.principalId,
        made.idempotencyKey,
        made.firstBoot?.hash ?? null,
        made.firstBoot?.sealed ?? null,
        made.hostname,
      ],
    )
  },

  /** Notes what an operator wants; false when the installation has ended, or boots already. */
  async setIntent(
    tx: Transaction,
    installationId: string,
    intent: 'cancel' | 'rollback',
  ): Promise<InstallationRow | null> {
    const [row] = await tx.query<InstallationRow>(
      `UPDATE installations SET intent = $2, next_attempt_at = clock_timestamp()
        WHERE installation_id = $1
          AND state IN ('queued', 'preparing', 'partitioning', 'pulling', 'configuring', 'finishing')
        RETURNING *`,
      [installationId, intent],
    )
    return row ?? null
  },

  /** Lets a waiting installation try again now. */
  async hurry(tx: Transaction, machineId: string): Promise<string[]> {
    const rows = await tx.query<{ installation_id: string }>(
      `UPDATE installations SET next_attempt_at = clock_timestamp()
        WHERE machine_id = $1 AND state IN ('preparing', 'partitioning', 'pulling', 'configuring', 'finishing', 'rebooting')
          AND next_attempt_at > clock_timestamp()
        RETURNING installation_id`,
      [machineId],
    )
    return rows.map((row) => row.installation_id)
  },

  async steps(tx: Transaction, installationId: string): Promise<StepRow[]> {
    return tx.query<StepRow>(
      'SELECT step_id, started_at, ended_at, outcome, error FROM installation_steps WHERE installation_id = $1',
      [installationId],
    )
  },

  async logs(tx: Transaction, installationId: string, after: number, level: number, limit: number): Promise<LogRow[]> {
    return tx.query<LogRow>(
      `SELECT seq, at, level, step_id, message FROM installation_logs
        WHERE installation_id = $1 AND seq > $2 AND level >= $3 ORDER BY seq LIMIT $4`,
      [installationId, after, level, limit],
    )
  },
}

export interface StepRow {
  readonly step_id: string
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly outcome: Exclude<TimelineStep['outcome'], 'pending'>
  readonly error: InstallationError | null
}

export interface LogRow {
  readonly seq: number
  readonly at: Date
  readonly level: number
  readonly step_id: string | null
  readonly message: string
}
