import type { Database, Transaction } from '../database/database.ts'
import { sealEvent, type EventRow, type PendingRow } from './event-row.ts'

/** PostgreSQL channel that tells of new rows in `events`; a hint only. */
export const eventsChannel = 'slipway_events'

/** One round of the sequencer; big enough that its fixed cost (six queries, one fsync) is shared. */
const batchSize = 1000

/**
 * Moves what is committed in `pending_events` to `events`, numbered without a gap, and returns how many.
 * The row lock on `event_head` admits one sequencer at a time, over all instances.
 */
export async function sequenceEvents(database: Database): Promise<number> {
  for (let total = 0; ;) {
    const moved = await database.transaction(sequenceBatch)
    total += moved
    if (moved < batchSize) return total
  }
}

async function sequenceBatch(tx: Transaction): Promise<number> {
  const [head] = await tx.query<{ seq: number; hash: Buffer }>('SELECT seq, hash FROM event_head FOR UPDATE')
  if (!head) return 0
  const pending = await takePending(tx)
  if (pending.length === 0) return 0
  let { seq, hash } = head
  const rows = pending.map((row) => {
    seq += 1
    const sealed = sealEvent(row, seq, hash)
    hash = sealed.hash ?? hash
    return sealed
  })
  await insert(tx, rows)
  await tx.query('UPDATE event_head SET seq = $1, hash = $2', [seq, hash])
  await tx.query('SELECT pg_notify($1, $2)', [eventsChannel, String(seq)])
  return rows.length
}

async function takePending(tx: Transaction): Promise<PendingRow[]> {
  const rows = await tx.query<PendingRow>(
    `DELETE FROM pending_events WHERE id = ANY (ARRAY(SELECT id FROM pending_events ORDER BY id LIMIT ${batchSize}))
     RETURNING id, at, type, data, actor, source_address, request_id`,
  )
  return rows.sort((a, b) => a.id - b.id)
}

async function insert(tx: Transaction, rows: readonly EventRow[]): Promise<void> {
  const column = <K extends keyof EventRow>(key: K) => rows.map((row) => row[key])
  await tx.query(
    `INSERT INTO events (seq, at, type, data, actor, source_address, request_id, prev_hash, hash)
     SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::jsonb[], $5::text[], $6::text[], $7::text[],
       $8::bytea[], $9::bytea[])`,
    [
      column('seq'),
      column('at'),
      column('type'),
      rows.map((row) => JSON.stringify(row.data)),
      column('actor'),
      column('source_address'),
      column('request_id'),
      column('prev_hash'),
      column('hash'),
    ],
  )
}
