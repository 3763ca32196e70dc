import type { Transaction } from '../database/database.ts'

/** A claim that is active now. */
export interface ClaimRow {
  readonly machine_id: string
  readonly claim_id: string
  readonly fence: number
  readonly holder: string
  readonly principal_id: string
  readonly claimed_at: Date
  readonly expires_at: Date
  readonly ttl_seconds: number
  readonly implicit: boolean
  readonly installation_id: string | null
}

export interface NewClaim {
  readonly machineId: string
  readonly claimId: string
  readonly holder: string
  readonly principalId: string
  readonly ttlSeconds: number
  /** The highest fence that the machine itself reports. */
  readonly machineFence: number
  readonly implicit: boolean
}

const active = `claim_id IS NOT NULL AND (installation_id IS NOT NULL OR expires_at > clock_timestamp())`

/** SQL over `claims`. Every comparison of times is PostgreSQL's; every change is one conditional statement. */
export const claimStore = {
  /** Grants the claim unless another is active: whoever gets the row's lock first wins, the rest see it taken. */
  async grant(tx: Transaction, claim: NewClaim): Promise<ClaimRow | null> {
    const [row] = await tx.query<ClaimRow>(
      `INSERT INTO claims AS c
         (machine_id, fence, claim_id, holder, principal_id, claimed_at, expires_at, ttl_seconds, implicit, installation_id)
       VALUES ($1, $2::bigint + 1, $3, $4, $5, clock_timestamp(), clock_timestamp() + $6 * interval '1 s', $6::int, $7, NULL)
       ON CONFLICT (machine_id) DO UPDATE SET
         fence = greatest(c.fence, excluded.fence - 1) + 1, claim_id = excluded.claim_id, holder = excluded.holder,
         principal_id = excluded.principal_id, claimed_at = clock_timestamp(),
         expires_at = clock_timestamp() + $6 * interval '1 s', ttl_seconds = excluded.ttl_seconds,
         implicit = excluded.implicit, installation_id = NULL
       WHERE c.claim_id IS NULL OR (c.installation_id IS NULL AND c.expires_at <= clock_timestamp())
       RETURNING *`,
      [
        claim.machineId,
        claim.machineFence,
        claim.claimId,
        claim.holder,
        claim.principalId,
        claim.ttlSeconds,
        claim.implicit,
      ],
    )
    return row ?? null
  },

  async active(tx: Transaction, machineId: string): Promise<ClaimRow | null> {
    const [row] = await tx.query<ClaimRow>(`SELECT * FROM claims WHERE machine_id = $1 AND ${active}`, [machineId])
    return row ?? null
  },

  async renew(
    tx: Transaction,
    machineId: string,
    claimId: string,
    ttlSeconds: number | null,
  ): Promise<ClaimRow | null> {
    const [row] = await tx.query<ClaimRow>(
      `UPDATE claims SET ttl_seconds = coalesce($3, ttl_seconds),
              expires_at = clock_timestamp() + coalesce($3, ttl_seconds) * interval '1 s'
        WHERE machine_id = $1 AND claim_id = $2 AND ${active} RETURNING *`,
      [machineId, claimId, ttlSeconds],
    )
    return row ?? null
  },

  /** Ends a claim by its id; one that an installation holds only with `force`. */
  async release(tx: Transaction, machineId: string, claimId: string, force: boolean): Promise<ClaimRow | null> {
    const [row] = await tx.query<ClaimRow>(
      `WITH old AS (SELECT * FROM claims WHERE machine_id = $1 AND claim_id = $2 AND (installation_id IS NULL OR $3) FOR UPDATE),
            gone AS (UPDATE claims c SET claim_id = NULL, expires_at = NULL, installation_id = NULL
                       FROM old WHERE c.machine_id = old.machine_id)
       SELECT * FROM old`,
      [machineId, claimId, force],
    )
    return row ?? null
  },

  /** Ends what ran out and returns it. */
  async expire(tx: Transaction): Promise<{ machine_id: string; holder: string; claim_id: string }[]> {
    return tx.query(
      `WITH old AS (SELECT machine_id, holder, claim_id FROM claims
                     WHERE claim_id IS NOT NULL AND installation_id IS NULL AND expires_at <= clock_timestamp()
                     ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED),
            gone AS (UPDATE claims c SET claim_id = NULL, expires_at = NULL FROM old WHERE c.machine_id = old.machine_id)
       SELECT * FROM old`,
    )
  },

  /** Ties the active claim to an installation, so that it does not expire. False: it is not active any more. */
  async bind(tx: Transaction, machineId: string, claimId: string, installationId: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE claims SET installation_id = $3 WHERE machine_id = $1 AND claim_id = $2 AND ${active} AND installation_id IS NULL
       RETURNING machine_id`,
      [machineId, claimId, installationId],
    )
    return rows.length > 0
  },

  /** Unties claims from installations that ended: implicit ones end too, the others live for their ttl again. */
  async unbind(
    tx: Transaction,
    installationIds: readonly string[],
  ): Promise<{ machine_id: string; claim_id: string; fence: number; released: boolean }[]> {
    return tx.query(
      `WITH old AS (SELECT machine_id, claim_id, fence, implicit FROM claims WHERE installation_id = ANY($1) ORDER BY machine_id FOR UPDATE),
            new AS (UPDATE claims c SET installation_id = NULL,
                      claim_id = CASE WHEN NOT c.implicit THEN c.claim_id END,
                      expires_at = CASE WHEN NOT c.implicit THEN clock_timestamp() + c.ttl_seconds * interval '1 s' END
                      FROM old WHERE c.machine_id = old.machine_id)
       SELECT machine_id, claim_id, fence, implicit AS released FROM old`,
      [installationIds],
    )
  },

  /** Gives the claim of a running installation the next fence: another instance, or a machine without memory, goes on. */
  async raiseFence(
    tx: Transaction,
    machineId: string,
    claimId: string,
    machineFence: number,
  ): Promise<ClaimRow | null> {
    const [row] = await tx.query<ClaimRow>(
      `UPDATE claims SET fence = greatest(fence, $3::bigint) + 1 WHERE machine_id = $1 AND claim_id = $2 AND ${active} RETURNING *`,
      [machineId, claimId, machineFence],
    )
    return row ?? null
  },
}
