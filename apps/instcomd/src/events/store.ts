import type { Event, HistoryEvent } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'
import { toEvent, type EventRow } from './event-row.ts'

type Row = Pick<EventRow, 'seq' | 'type' | 'at' | 'data'>

/** The last number given, and the highest that retention removed. */
export async function readHead(tx: Transaction): Promise<{ seq: number; expired_seq: number }> {
  const [row] = await tx.query<{ seq: number; expired_seq: number }>('SELECT seq, expired_seq FROM event_head')
  return row ?? { seq: 0, expired_seq: 0 }
}

export async function readAfter(tx: Transaction, seq: number, limit: number): Promise<Event[]> {
  const rows = await tx.query<Row>('SELECT seq, type, at, data FROM events WHERE seq > $1 ORDER BY seq LIMIT $2', [
    seq,
    limit,
  ])
  return rows.map(toEvent)
}

/** A page of the types asked for, between two numbers: `after` exclusive, `until` inclusive. */
export async function readOfTypes(
  tx: Transaction,
  input: { after: number; until: number; types: ReadonlySet<string>; limit: number },
): Promise<Event[]> {
  const rows = await tx.query<Row>(
    'SELECT seq, type, at, data FROM events WHERE seq > $1 AND seq <= $2 AND type = ANY ($3) ORDER BY seq LIMIT $4',
    [input.after, input.until, [...input.types], input.limit],
  )
  return rows.map(toEvent)
}

/** Committed and not yet numbered; zero but for milliseconds. Seconds since the oldest. */
export async function readLag(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ seconds: number }>(
    'SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 AS seconds FROM pending_events',
  )
  return row?.seconds ?? 0
}

/** Removes progress older than the days given, and remembers up to where; returns how many rows. */
export async function expireProgress(tx: Transaction, days: number): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `WITH gone AS (
       DELETE FROM events WHERE type = 'installation.progress' AND at < now() - make_interval(days => $1) RETURNING seq
     ), marked AS (
       UPDATE event_head SET expired_seq = greatest(expired_seq, (SELECT max(seq) FROM gone)) WHERE EXISTS (SELECT FROM gone)
     )
     SELECT count(*) AS count FROM gone`,
    [days],
  )
  return row?.count ?? 0
}

/** Removes figures of guests, and news of scripts' output, older than the minutes given; readers miss nothing by it, so no number is remembered. */
export async function expireGuestMetrics(tx: Transaction, minutes: number): Promise<void> {
  await tx.query(
    "DELETE FROM events WHERE type IN ('guests.metrics', 'scripts.output') AND at < now() - make_interval(mins => $1)",
    [minutes],
  )
}

export interface HistoryFilter {
  /** Numbers below this one; null: from the newest on. */
  readonly before: number | null
  readonly types: ReadonlySet<string>
  readonly machineId: string | null
  readonly installationId: string | null
  readonly limit: number
}

/** A page of what happened, newest first. */
export async function readHistory(tx: Transaction, filter: HistoryFilter): Promise<HistoryEvent[]> {
  // `?` lets the partial indexes by machine and installation be used.
  const rows = await tx.query<Row & { actor: string }>(
    `SELECT seq, type, at, data, actor FROM events
     WHERE ($1::bigint IS NULL OR seq < $1) AND type = ANY ($2)
       AND ($3::text IS NULL OR (data ? 'machine_id' AND data ->> 'machine_id' = $3))
       AND ($4::text IS NULL OR (data ? 'installation_id' AND data ->> 'installation_id' = $4))
     ORDER BY seq DESC LIMIT $5`,
    [filter.before, [...filter.types], filter.machineId, filter.installationId, filter.limit],
  )
  return rows.map((row) => ({ ...toEvent(row), actor: row.actor }))
}
