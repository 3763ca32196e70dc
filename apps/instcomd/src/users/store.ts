import type { Transaction } from '../database/database.ts'

export type Role = 'viewer' | 'operator' | 'admin'

/** Who a token or session stands for, with the role in force. */
export interface HolderRow {
  readonly principal_id: string
  readonly name: string
  readonly role: Role
}

/** The holder of a token that is neither revoked nor expired, of a principal that is not disabled. */
export async function findToken(
  tx: Transaction,
  secretHash: Buffer,
): Promise<(HolderRow & { token_id: string; used_recently: boolean }) | null> {
  const [row] = await tx.query<HolderRow & { token_id: string; used_recently: boolean }>(
    `SELECT t.id AS token_id, p.id AS principal_id, p.name, t.role,
       coalesce(t.last_used_at > now() - interval '1 minute', false) AS used_recently
     FROM tokens t JOIN principals p ON p.id = t.principal_id
     WHERE t.secret_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
       AND p.disabled_at IS NULL`,
    [secretHash],
  )
  return row ?? null
}

export async function touchToken(tx: Transaction, tokenId: string): Promise<void> {
  await tx.query('UPDATE tokens SET last_used_at = now() WHERE id = $1', [tokenId])
}

export async function findSession(tx: Transaction, secretHash: Buffer): Promise<HolderRow | null> {
  const [row] = await tx.query<HolderRow>(
    `SELECT p.id AS principal_id, p.name, coalesce(s.role, p.role) AS role FROM sessions s JOIN principals p ON p.id = s.principal_id
     WHERE s.secret_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND p.disabled_at IS NULL`,
    [secretHash],
  )
  return row ?? null
}

/** Makes the principal where missing and returns its id. */
export async function ensurePrincipal(
  tx: Transaction,
  row: { id: string; name: string; kind: 'system' | 'user'; role: Role },
): Promise<string> {
  await tx.query('INSERT INTO principals (id, name, kind, role) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
    row.id,
    row.name,
    row.kind,
    row.role,
  ])
  const [found] = await tx.query<{ id: string }>('SELECT id FROM principals WHERE name = $1', [row.name])
  return found?.id ?? row.id
}

export async function insertToken(
  tx: Transaction,
  row: { id: string; principalId: string; name: string; role: Role; secretHash: Buffer },
): Promise<void> {
  await tx.query(
    'INSERT INTO tokens (id, principal_id, name, role, secret_hash) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (secret_hash) DO NOTHING',
    [row.id, row.principalId, row.name, row.role, row.secretHash],
  )
}

export async function insertSetupLink(
  tx: Transaction,
  row: { secretHash: Buffer; principalId: string; seconds: number },
): Promise<void> {
  await tx.query('DELETE FROM setup_links WHERE expires_at < now()')
  await tx.query(
    'INSERT INTO setup_links (secret_hash, principal_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))',
    [row.secretHash, row.principalId, row.seconds],
  )
}

/** Uses a link up: of two browsers that open it at once, one gets the principal. */
export async function takeSetupLink(tx: Transaction, secretHash: Buffer): Promise<string | null> {
  const [row] = await tx.query<{ principal_id: string }>(
    'UPDATE setup_links SET used_at = now() WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > now() RETURNING principal_id',
    [secretHash],
  )
  return row?.principal_id ?? null
}

export async function insertSession(
  tx: Transaction,
  row: { id: string; principalId: string; secretHash: Buffer; seconds: number; role: Role | null },
): Promise<void> {
  await tx.query('DELETE FROM sessions WHERE expires_at < now()')
  await tx.query(
    `INSERT INTO sessions (id, principal_id, secret_hash, expires_at, role)
     VALUES ($1, $2, $3, now() + make_interval(secs => $4), $5)`,
    [row.id, row.principalId, row.secretHash, row.seconds, row.role],
  )
}

export async function revokeSession(tx: Transaction, secretHash: Buffer): Promise<void> {
  await tx.query('UPDATE sessions SET revoked_at = now() WHERE secret_hash = $1 AND revoked_at IS NULL', [secretHash])
}
