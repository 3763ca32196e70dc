import { createHash } from 'node:crypto'
import { canonicalJson } from '@slipway/base'
import type { Event } from '@slipway/protocol'

/** A row of `pending_events`. */
export interface PendingRow {
  readonly id: number
  readonly at: Date
  readonly type: string
  readonly data: Record<string, unknown>
  readonly actor: string
  readonly source_address: string | null
  readonly request_id: string | null
}

/** A row of `events`. */
export interface EventRow extends Omit<PendingRow, 'id'> {
  readonly seq: number
  readonly prev_hash: Buffer | null
  readonly hash: Buffer | null
}

/** Types that retention removes (api.md: progress 7 days, the rest kept); they stand outside the hash chain. */
export const expiringTypes: ReadonlySet<string> = new Set(['installation.progress', 'guests.metrics', 'scripts.output'])

/** What everybody sees of an event. */
export function toEvent(row: Pick<EventRow, 'seq' | 'type' | 'at' | 'data'>): Event {
  return { seq: row.seq, type: row.type, at: row.at.toISOString(), data: row.data }
}

/** Gives one pending row its number and, unless its type expires, its link in the chain. */
export function sealEvent(row: PendingRow, seq: number, previous: Buffer): EventRow {
  const { id: _, ...kept } = row
  if (expiringTypes.has(row.type)) return { ...kept, seq, prev_hash: null, hash: null }
  return { ...kept, seq, prev_hash: previous, hash: hashEvent({ ...kept, seq }, previous) }
}

/** SHA-256 over the previous hash and the RFC 8785 text of the event: changing any field of any kept row breaks the chain. */
export function hashEvent(row: Omit<EventRow, 'prev_hash' | 'hash'>, previous: Buffer): Buffer {
  const text = canonicalJson({
    seq: row.seq,
    at: row.at.toISOString(),
    type: row.type,
    data: row.data,
    actor: row.actor,
    source_address: row.source_address,
    request_id: row.request_id,
  })
  return createHash('sha256').update(previous).update(text).digest()
}
