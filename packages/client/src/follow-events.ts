import { backoffDelay, delay, Fault, faultTable, isFault, type Backoff } from '@slipway/base'
import { eventSchema, type Event } from '@slipway/protocol'
import type { Client } from './client.ts'
import { readLines } from './read-lines.ts'

export interface FollowOptions {
  /** Exclusive; events after this number are replayed first. Left out: only what comes from now on. */
  readonly after?: number
  /** Patterns such as `machines.*,installation.completed`. */
  readonly types?: string
  readonly signal: AbortSignal
  /** Told when the server has answered: at first, and each time that it is back. */
  onConnect?(): void
  /** Told when the connection was lost and is tried again. */
  onReconnect?(fault: Fault): void
}

const reconnect: Backoff = { firstMs: 250, capMs: 10_000, tries: Number.POSITIVE_INFINITY }

/**
 * Follows events over SSE and comes back by itself with the last number seen, so nothing is missed or seen twice.
 * Ends when the signal aborts; throws what trying again cannot mend (`events-expired`, `not-authenticated`).
 */
export async function* followEvents(client: Client, options: FollowOptions): AsyncGenerator<Event> {
  let after = options.after
  for (let attempt = 1; !options.signal.aborted; attempt += 1) {
    try {
      const query = { ...(after === undefined ? {} : { after }), ...(options.types ? { types: options.types } : {}) }
      const response = await client.open('events', { query, signal: options.signal }, 'text/event-stream')
      options.onConnect?.()
      for await (const event of readEvents(response)) {
        attempt = 1
        after = event.seq
        yield event
      }
    } catch (error) {
      if (options.signal.aborted) return
      const fault = asConnectionFault(error)
      if (!faultTable[fault.code].retry) throw fault
      options.onReconnect?.(fault)
    }
    await delay(backoffDelay(reconnect, attempt), options.signal).catch(() => undefined) // aborted: the loop ends
  }
}

async function* readEvents(response: Response): AsyncGenerator<Event> {
  for await (const line of readLines(response)) {
    // One event is one `data:` line; `id:`, `event:` and comment lines repeat what it says or keep the line alive.
    if (line.startsWith('data:')) yield eventSchema.parse(JSON.parse(line.slice('data:'.length)))
  }
}

/** A stream that broke in the middle is a network error of fetch, not a Fault. */
function asConnectionFault(error: unknown): Fault {
  if (isFault(error)) return error
  return new Fault('server-unreachable', 'the connection to instcomd was lost', { cause: error })
}
