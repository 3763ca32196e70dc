import type { Logger } from '@slipway/base'
import type { Event } from '@slipway/protocol'
import type { Database } from '../database/database.ts'
import { readAfter, readHead } from './store.ts'
import { eventsChannel } from './sequence-events.ts'

/** Events that the readers of an instance share in memory: some seconds of the busiest hour we planned for. */
const defaultCapacity = 20_000

/** A lost hint costs this much at most; milliseconds. */
const pollMs = 1000
const pageSize = 1000

/**
 * The newest events of one instance in memory, read once for all its readers.
 * INVARIANT: `events` holds every row with `start < seq <= end` that the table holds.
 */
export class EventFeed {
  readonly #database: Database
  readonly #logger: Logger
  readonly #capacity: number
  readonly #waiting = new Set<() => void>()
  #events: Event[] = []
  #start = 0
  #end = 0
  #readers = 0
  #refreshing: Promise<void> | null = null
  #again = false
  #stopListening: (() => Promise<void>) | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(database: Database, logger: Logger, capacity: number = defaultCapacity) {
    this.#database = database
    this.#logger = logger
    this.#capacity = capacity
  }

  /** Begins to hear hints. */
  async open(): Promise<void> {
    this.#stopListening = await this.#database.listen(eventsChannel, () => this.#hint())
    this.#timer = setInterval(() => this.#hint(), pollMs)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#stopListening?.()
    await this.#refreshing
    for (const wake of this.#waiting) wake()
  }

  /** Joins the readers; the first one makes the feed read. Returns the way to leave. */
  async join(): Promise<() => void> {
    if (this.#readers === 0) {
      await this.#refreshing
      const { seq } = await readHead(this.#database)
      if (this.#readers === 0) [this.#events, this.#start, this.#end] = [[], seq, seq]
    }
    this.#readers += 1
    return () => {
      this.#readers -= 1
    }
  }

  /** Events after a number, or null when they are no longer (or not yet) in memory. */
  since(seq: number): Event[] | null {
    if (seq < this.#start) return null
    return this.#events.slice(this.#firstAfter(seq))
  }

  /** Highest number that is only in the table. */
  get start(): number {
    return this.#start
  }

  /** Resolves when there may be something after `seq`, or the signal aborts. */
  async changed(seq: number, signal: AbortSignal): Promise<void> {
    if (this.#end > seq || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    const wake = () => resolve()
    signal.addEventListener('abort', wake)
    await promise
    signal.removeEventListener('abort', wake)
    this.#waiting.delete(resolve)
  }

  #hint(): void {
    if (this.#readers === 0) return
    this.#again = true
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null))
  }

  async #refresh(): Promise<void> {
    while (this.#again) {
      this.#again = false
      try {
        await this.#readOn()
      } catch (error) {
        // The next poll or the reconnected LISTEN asks again.
        this.#logger.debug({ err: error }, 'events could not be read')
      }
    }
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const page = await readAfter(this.#database, this.#end, pageSize)
      const last = page.at(-1)
      if (!last) return
      this.#events.push(...page)
      this.#end = last.seq
      this.#trim()
      for (const wake of this.#waiting) wake()
      if (page.length < pageSize) return
    }
  }

  #trim(): void {
    const excess = this.#events.length - this.#capacity
    // In larger bites: splicing a big array for every event would cost more than the memory.
    if (excess < this.#capacity / 4) return
    this.#start = this.#events[excess - 1]?.seq ?? this.#start
    this.#events = this.#events.slice(excess)
  }

  /** Binary search: the numbers rise. */
  #firstAfter(seq: number): number {
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#events[middle]?.seq ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return low
  }
}
