import { createHash } from 'node:crypto'
import { canonicalJson, Fault, faultTable } from '@slipway/base'
import type { Database } from '../database/database.ts'
import { asFault } from './error-reply.ts'

/** Answers are kept this long: a client that tries again does so within minutes. */
const keptHours = 24

/** A first request that has not ended by now died with its instance; the key may be tried again. */
const abandonedSeconds = 120

export interface StoredAnswer {
  readonly status: number
  readonly body: unknown
}

interface KeyRow {
  readonly request_hash: Buffer
  readonly status: number | null
  readonly body: unknown
}

/**
 * Runs a request once for each (principal, key): a repetition gets the first answer, another request under the same
 * key is a `conflict`. Answers that say "try again" are not kept.
 */
export async function runOnce(
  database: Database,
  request: { principalId: string; key: string; method: string; url: string; body: unknown },
  run: () => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  const { principalId, key } = request
  const hash = createHash('sha256')
    .update(`${request.method} ${request.url}\n${canonicalJson(request.body ?? null)}`)
    .digest()
  if (!(await takeKey(database, principalId, key, hash))) return readAnswer(database, principalId, key, hash)
  try {
    const answer = await run()
    await database.query('UPDATE idempotency_keys SET status = $3, body = $4 WHERE principal_id = $1 AND key = $2', [
      principalId,
      key,
      answer.status,
      JSON.stringify(answer.body ?? null),
    ])
    return answer
  } catch (error) {
    await forget(database, principalId, key, asFault(error))
    throw error
  }
}

async function takeKey(database: Database, principalId: string, key: string, hash: Buffer): Promise<boolean> {
  await database.query(`DELETE FROM idempotency_keys WHERE created_at < now() - interval '${keptHours} hours'`)
  const rows = await database.query(
    `INSERT INTO idempotency_keys (principal_id, key, request_hash) VALUES ($1, $2, $3)
     ON CONFLICT (principal_id, key) DO UPDATE SET created_at = now()
       WHERE idempotency_keys.status IS NULL AND idempotency_keys.request_hash = $3
         AND idempotency_keys.created_at < now() - interval '${abandonedSeconds} seconds'
     RETURNING 1`,
    [principalId, key, hash],
  )
  return rows.length > 0
}

async function readAnswer(database: Database, principalId: string, key: string, hash: Buffer): Promise<StoredAnswer> {
  const [row] = await database.query<KeyRow>(
    'SELECT request_hash, status, body FROM idempotency_keys WHERE principal_id = $1 AND key = $2',
    [principalId, key],
  )
  if (row && !row.request_hash.equals(hash))
    throw new Fault(
      'conflict',
      'this Idempotency-Key was used for another request; make a new key for each thing you want done',
    )
  if (row?.status != null) return { status: row.status, body: row.body }
  throw new Fault('conflict', 'the first request with this Idempotency-Key is still running; ask again in a moment')
}

/** What failed left nothing behind (transactions), so the key is free again; the same request then gets the same refusal. */
async function forget(database: Database, principalId: string, key: string, fault: Fault): Promise<void> {
  if (faultTable[fault.code].status === 503 && fault.code === 'database-unavailable') return // it comes free by its age
  await database
    .query('DELETE FROM idempotency_keys WHERE principal_id = $1 AND key = $2 AND status IS NULL', [principalId, key])
    .catch(() => undefined) // the refusal itself is what the client must hear; the key comes free by its age
}
