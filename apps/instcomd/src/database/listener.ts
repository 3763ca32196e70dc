import { backoffDelay, delay, type Logger } from '@slipway/base'
import pg from 'pg'

const reconnect = { firstMs: 50, capMs: 2000, tries: Number.POSITIVE_INFINITY }

type Handler = (payload: string) => void

/** The one LISTEN connection of an instance; it comes back by itself, and then calls every handler, for hints were lost. */
export class Listener {
  readonly #options: pg.ClientConfig
  readonly #logger: Logger
  readonly #handlers = new Map<string, Set<Handler>>()
  readonly #stop = new AbortController()
  #client: pg.Client | null = null
  #running: Promise<void> | null = null

  constructor(options: pg.ClientConfig, logger: Logger) {
    // A LISTEN connection waits for ever on purpose: it has no statement or query deadline, TCP keep-alive finds a dead peer.
    this.#options = { ...options, statement_timeout: false, query_timeout: 0 }
    this.#logger = logger
  }

  async listen(channel: string, handler: Handler): Promise<() => Promise<void>> {
    const handlers = this.#handlers.get(channel) ?? new Set()
    handlers.add(handler)
    this.#handlers.set(channel, handlers)
    if (this.#client) await this.#client.query(`LISTEN ${pg.escapeIdentifier(channel)}`).catch(() => undefined) // lost: repeated at reconnect
    else await this.#start()
    return () => {
      handlers.delete(handler)
      return Promise.resolve()
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#client?.end().catch(() => undefined) // it is going away in any case
    await this.#running
  }

  #start(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running) return resolve()
      this.#running = this.#run(resolve)
    })
  }

  async #run(connected: () => void): Promise<void> {
    for (let attempt = 1; !this.#stop.signal.aborted; attempt += 1) {
      try {
        const { ended } = await this.#connect()
        attempt = 1
        connected()
        for (const handlers of this.#handlers.values()) for (const handler of handlers) handler('')
        await ended
      } catch (error) {
        this.#logger.debug({ err: error }, 'the LISTEN connection failed')
        connected() // the caller need not wait for a database that is away: the handler is called when it is back
      }
      this.#client = null
      if (!this.#stop.signal.aborted)
        await delay(backoffDelay(reconnect, attempt), this.#stop.signal).catch(() => undefined) // stopped
    }
  }

  /** Wrapped, because an async function would wait for a promise that it returns. */
  async #connect(): Promise<{ ended: Promise<void> }> {
    const client = new pg.Client(this.#options)
    const ended = new Promise<void>((resolve) => {
      client.on('end', resolve)
      client.on('error', () => resolve())
    })
    client.on('notification', ({ channel, payload }) => {
      for (const handler of this.#handlers.get(channel) ?? []) handler(payload ?? '')
    })
    await client.connect()
    for (const channel of this.#handlers.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
    this.#client = client
    return { ended }
  }
}
