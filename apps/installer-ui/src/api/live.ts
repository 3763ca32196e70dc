import { followEvents } from '@slipway/client'
import { isFault } from '@slipway/base'
import type { Event } from '@slipway/protocol'
import type { QueryClient } from '@tanstack/react-query'
import { client } from './client.ts'
import { effectsOf, isAffected, type Effect } from './event-effects.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'signed-out'

/** Events of one burst refresh the screens once; milliseconds. */
const burstMs = 250

/**
 * Keeps the pages in step with the server: follows events from the last number seen, so that nothing is missed over a broken
 * connection or a restarted server, and makes the queries stale that each event means.
 */
export class Live {
  readonly #queries: QueryClient
  readonly #listeners = new Set<() => void>()
  readonly #watchers = new Set<(event: Event) => void>()
  #connection: Connection = 'connecting'
  #since: number | null = null
  #effects = new Map<string, Effect>()
  #restart = new AbortController()
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(queries: QueryClient) {
    this.#queries = queries
  }

  get connection(): Connection {
    return this.#connection
  }

  /** When the connection was lost, in milliseconds of the epoch; null while it stands. */
  get lostSince(): number | null {
    return this.#since
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of every event as it comes, for what is more than a refresh (script output). */
  watch(watcher: (event: Event) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Begins anew, as after signing in. */
  restart(): void {
    this.#set('connecting') // at once: «signed out» would send whoever just signed in back
    this.#restart.abort()
  }

  /** Follows until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#restart = new AbortController()
      await this.#follow(AbortSignal.any([signal, this.#restart.signal]))
      await new Promise<void>((resolve) => {
        if (this.#restart.signal.aborted || signal.aborted) return resolve()
        for (const each of [this.#restart.signal, signal])
          each.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let after: number | undefined
    while (!signal.aborted) {
      try {
        const options = { signal, onConnect: () => this.#connected(after), onReconnect: () => this.#lost() }
        for await (const event of followEvents(client, { ...options, ...(after === undefined ? {} : { after }) })) {
          after = event.seq
          this.#take(event)
        }
      } catch (error) {
        if (signal.aborted) return
        if (!isFault(error, 'events-expired'))
          return this.#set(isFault(error, 'not-authenticated') ? 'signed-out' : 'lost')
        after = undefined // too long away to replay: everything is read anew
      }
    }
  }

  /** Without a number there is nothing to replay from, so what the screens show is read again. */
  #connected(after: number | undefined): void {
    this.#set('live')
    if (after === undefined || this.#since !== null) void this.#queries.invalidateQueries()
    this.#since = null
  }

  #lost(): void {
    this.#since ??= Date.now()
    this.#set('lost')
  }

  #set(connection: Connection): void {
    if (connection === 'lost') this.#since ??= Date.now()
    if (this.#connection === connection) return
    this.#connection = connection
    for (const listener of this.#listeners) listener()
  }

  #take(event: Event): void {
    for (const watcher of this.#watchers) watcher(event)
    for (const effect of effectsOf(event)) this.#effects.set(`${effect.route} ${effect.id ?? ''}`, effect)
    if (this.#timer === null) this.#timer = setTimeout(() => this.#refresh(), burstMs)
  }

  #refresh(): void {
    const effects = [...this.#effects.values()]
    this.#effects = new Map()
    this.#timer = null
    void this.#queries.invalidateQueries({
      predicate: ({ queryKey }) => effects.some((effect) => isAffected(queryKey, effect)),
    })
  }
}
