import { backoffDelay, delay, type Logger } from '@slipway/base'
import type { Database } from '../database/database.ts'
import type { AppendEvent, NewEvent } from './append-event.ts'
import { sequenceEvents } from './sequence-events.ts'

/** Rows of an instance that died between commit and sequencing wait this long for another one; milliseconds. */
const sweepMs = 1000

const retry = { firstMs: 100, capMs: 5000, tries: Number.POSITIVE_INFINITY }

/** `WITH ORDINALITY`: identity values follow the order of the array. */
const appendSql = `INSERT INTO pending_events (type, data, actor, source_address, request_id)
  SELECT type, data, actor, source_address, request_id
    FROM unnest($1::text[], $2::jsonb[], $3::text[], $4::text[], $5::text[])
         WITH ORDINALITY AS e (type, data, actor, source_address, request_id, nth)
   ORDER BY nth`

/** The writing side of events: appends, and numbers what this instance committed right after its commit. */
export interface EventSequencer {
  readonly appendEvent: AppendEvent
  /** Ends the sweep after a last round. */
  stop(): Promise<void>
}

/** Starts the sequencer of this instance; rounds never overlap, and everything committed during one goes into the next. */
export function startEventSequencer(database: Database, logger: Logger): EventSequencer {
  const stopping = new AbortController()
  let wanted = false
  let running: Promise<void> | null = null

  function kick(): void {
    wanted = true
    running ??= run().finally(() => {
      running = null
      if (wanted && !stopping.signal.aborted) kick()
    })
  }

  async function run(): Promise<void> {
    for (let attempt = 1; wanted; attempt += 1) {
      wanted = false
      try {
        await sequenceEvents(database)
        attempt = 0
      } catch (error) {
        wanted = !stopping.signal.aborted
        logger.warn({ err: error, attempt }, 'events could not be numbered; tried again')
        await delay(backoffDelay(retry, attempt), stopping.signal).catch(() => undefined) // stopped
      }
    }
  }

  const sweep = setInterval(kick, sweepMs)
  sweep.unref()
  kick()

  return {
    async appendEvent(tx, event) {
      const events: readonly NewEvent[] = Array.isArray(event) ? event : [event]
      if (events.length === 0) return
      await tx.query(appendSql, [
        events.map(({ type }) => type),
        events.map(({ data }) => JSON.stringify(data)),
        events.map(({ actor }) => actor),
        events.map(({ sourceAddress }) => sourceAddress ?? null),
        events.map(({ requestId }) => requestId ?? null),
      ])
      tx.afterCommit(kick)
    },
    async stop() {
      clearInterval(sweep)
      stopping.abort()
      await running
      await sequenceEvents(database).catch(() => undefined) // another instance, or the next start, does it
    },
  }
}
