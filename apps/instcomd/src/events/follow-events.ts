import { Fault } from '@slipway/base'
import type { Event } from '@slipway/protocol'
import type { Database } from '../database/database.ts'
import type { EventFeed } from './event-feed.ts'
import { expiringTypes } from './event-row.ts'
import { readHead, readOfTypes } from './store.ts'

/** Rows of one replayed page. */
const pageSize = 500

/** A batch this long was gathered while the reader was busy: it is slow, and progress in it is coalesced. */
const slowBatch = 50

/** Thrown to a reader that followed and fell out of what is in memory; it comes back with `after`. */
export class TooFarBehind extends Error {
  override readonly name = 'TooFarBehind'
}

export interface Cursor {
  /** Last number that the reader has. */
  readonly after: number
  readonly types: ReadonlySet<string>
}

/**
 * Checks where a reader wants to start; left out means now. Throws `events-expired` when events of the types asked for
 * were removed behind it, `invalid-request` for a number that was never given.
 */
export async function openCursor(
  database: Database,
  after: number | undefined,
  types: ReadonlySet<string>,
): Promise<Cursor> {
  const head = await readHead(database)
  if (after === undefined) return { after: head.seq, types }
  if (after > head.seq)
    throw new Fault(
      'invalid-request',
      `after: ${after} is beyond the newest event, ${head.seq}; is the number from another server?`,
    )
  // Old figures of guests are no gap: each is replaced by the next, and their history stands elsewhere.
  const wantsProgress = types.has('installation.progress')
  if (wantsProgress && after < head.expired_seq)
    throw new Fault(
      'events-expired',
      `progress events up to ${head.expired_seq} are no longer kept; ask with after=${head.expired_seq}, or with types that leave installation.progress out`,
      { details: { complete_after: head.expired_seq } },
    )
  return { after, types }
}

/**
 * Yields batches of events after the cursor for ever: first from the table, then from the shared feed; none twice, none
 * missing. The next batch is made when the reader asks for it, so a slow reader gets larger ones, with progress coalesced.
 * Ends when the signal aborts; throws `TooFarBehind`.
 */
export async function* followEvents(
  source: { database: Database; feed: EventFeed },
  cursor: Cursor,
  signal: AbortSignal,
): AsyncGenerator<Event[]> {
  const { database, feed } = source
  const leave = await feed.join()
  try {
    let { after } = cursor
    let isLive = false
    while (!signal.aborted) {
      const live = feed.since(after)
      if (live === null && isLive) throw new TooFarBehind(`the reader is more than the memory behind, at ${after}`)
      if (live === null) {
        const until = feed.start
        const page = await readOfTypes(database, { after, until, types: cursor.types, limit: pageSize })
        after = page.length === pageSize ? (page.at(-1)?.seq ?? until) : until
        if (page.length > 0) yield page
        continue
      }
      isLive = true
      const last = live.at(-1)
      if (!last) {
        await feed.changed(after, signal)
        continue
      }
      after = last.seq
      const wanted = live.filter(({ type }) => cursor.types.has(type))
      if (wanted.length > 0) yield wanted.length > slowBatch ? coalesceProgress(wanted) : wanted
    }
  } finally {
    leave()
  }
}

/** Of each installation's progress, each guest's figures and each script's output only the newest stays; all else stays as it is. */
export function coalesceProgress(events: readonly Event[]): Event[] {
  const newest = new Map<string, number>()
  for (const event of events) if (expiringTypes.has(event.type)) newest.set(subjectOf(event), event.seq)
  return events.filter((event) => !expiringTypes.has(event.type) || newest.get(subjectOf(event)) === event.seq)
}

function subjectOf({ type, data }: Event): string {
  return `${type} ${String(data.installation_id ?? data.execution_id ?? data.machine_id)}`
}
