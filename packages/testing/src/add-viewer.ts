import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'

/** Enters a token that may only look into a server's database, as long as the API has no route that makes one; returns it. */
export async function addViewer(databaseUrl: string): Promise<string> {
  const token = `slw_${randomBytes(32).toString('base64url')}`
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(
      "INSERT INTO tokens (id, principal_id, name, role, secret_hash) SELECT 'viewer', id, 'viewer', 'viewer', $1 FROM principals",
      [createHash('sha256').update(token, 'utf8').digest()],
    )
  } finally {
    await client.end()
  }
  return token
}
