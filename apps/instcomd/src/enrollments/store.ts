import type { Transaction } from '../database/database.ts'

export interface TokenRow {
  readonly id: string
  readonly secret_sealed: string
  readonly created_at: Date
  readonly expires_at: Date
  readonly max_machines: number
  readonly allowed_networks: string[]
  readonly used: number
  readonly expired: boolean
}

const columns = `t.id, t.secret_sealed, t.created_at, t.expires_at, t.max_machines, t.allowed_networks,
  t.expires_at <= now() OR t.revoked_at IS NOT NULL AS expired,
  (SELECT count(*) FROM enrolment_uses u WHERE u.token_id = t.id) AS used`

export async function insertToken(
  tx: Transaction,
  row: {
    id: string
    secretSealed: string
    createdBy: string
    ttlSeconds: number
    maxMachines: number
    allowedNetworks: readonly string[]
  },
): Promise<TokenRow> {
  const [made] = await tx.query<TokenRow>(
    `WITH t AS (
       INSERT INTO enrolment_tokens (id, secret_sealed, created_by, expires_at, max_machines, allowed_networks)
       VALUES ($1, $2, $3, now() + make_interval(secs => $4), $5, $6) RETURNING *
     ) SELECT ${columns} FROM t`,
    [row.id, row.secretSealed, row.createdBy, row.ttlSeconds, row.maxMachines, row.allowedNetworks],
  )
  if (!made) throw new TypeError('INSERT … RETURNING returned nothing')
  return made
}

/** Newest first; `before` is the last id of the page before (ids sort by time). */
export async function listTokens(tx: Transaction, before: string | null, limit: number): Promise<TokenRow[]> {
  return tx.query<TokenRow>(
    `SELECT ${columns} FROM enrolment_tokens t WHERE t.revoked_at IS NULL AND ($1::text IS NULL OR t.id < $1) ORDER BY t.id DESC LIMIT $2`,
    [before, limit],
  )
}

export async function findToken(tx: Transaction, id: string): Promise<TokenRow | null> {
  const [row] = await tx.query<TokenRow>(`SELECT ${columns} FROM enrolment_tokens t WHERE t.id = $1`, [id])
  return row ?? null
}

/** Counts a machine once; false when the token is used up. The row lock lets one machine at a time be counted. */
export async function countMachine(tx: Transaction, tokenId: string, machineId: string): Promise<boolean> {
  await tx.query('SELECT 1 FROM enrolment_tokens WHERE id = $1 FOR UPDATE', [tokenId])
  const rows = await tx.query(
    `INSERT INTO enrolment_uses (token_id, machine_id)
     SELECT $1, $2 WHERE EXISTS (SELECT FROM enrolment_uses WHERE token_id = $1 AND machine_id = $2)
       OR (SELECT count(*) FROM enrolment_uses WHERE token_id = $1) < (SELECT max_machines FROM enrolment_tokens WHERE id = $1)
     ON CONFLICT (token_id, machine_id) DO UPDATE SET last_at = now()
     RETURNING 1`,
    [tokenId, machineId],
  )
  return rows.length > 0
}

/** Ends a token; false when there is none. */
export async function revokeToken(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.query(
    'UPDATE enrolment_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING 1',
    [id],
  )
  return rows.length > 0
}
