import { Readable } from 'node:stream'
import { Fault, type Logger } from '@slipway/base'
import { closeTooFarBehind, routes, type Event } from '@slipway/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from '../database/database.ts'
import { parsePart } from '../http/parse-part.ts'
import type { Principal } from '../http/handler.ts'
import type { EventFeed } from './event-feed.ts'
import { followEvents, openCursor, TooFarBehind, type Cursor } from './follow-events.ts'
import { parseTypes } from './type-filter.ts'

/** Keeps the line alive through proxies and finds dead peers; milliseconds. */
const heartbeatMs = 15_000

/** A reader that takes nothing for this long is gone or too slow; it resumes by `after`. */
const stallMs = 30_000

/** RFC 6455, 7.4.1: the server goes away. */
const closeGoingAway = 1001
const closeInternal = 1011

export interface EventRouteOptions {
  readonly database: Database
  readonly feed: EventFeed
  readonly logger: Logger
  readonly signal: AbortSignal
  authenticate(request: FastifyRequest): Promise<Principal>
}

/** What of a `ws` socket is used; its own types do not come with @fastify/websocket. */
interface Socket {
  readonly OPEN: number
  readonly readyState: number
  send(text: string, done: (error?: Error) => void): void
  close(code: number, reason: string): void
  terminate(): void
  ping(): void
  on(event: 'pong' | 'close' | 'error', listener: () => void): void
}

/** `GET /api/events`: a WebSocket for an upgrade, server-sent events for everybody else. */
export function registerEventRoutes(app: FastifyInstance, options: EventRouteOptions): void {
  const cursors = new WeakMap<FastifyRequest, Cursor>()
  app.route({
    method: 'GET',
    url: routes.events.path,
    // Before the upgrade: what is refused is refused with a status and the documented body.
    preValidation: async (request) => {
      await options.authenticate(request)
      cursors.set(request, await readCursor(options.database, request))
    },
    handler: async (request, reply) => {
      const signal = AbortSignal.any([options.signal, closed(reply.raw)])
      const stream = Readable.from(printEventStream(options, cursorOf(cursors, request), signal), { objectMode: false })
      return reply
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .type('text/event-stream')
        .send(stream)
    },
    wsHandler: (socket: Socket, request) => {
      void serveSocket(options, socket, cursorOf(cursors, request))
    },
  })
}

function cursorOf(cursors: WeakMap<FastifyRequest, Cursor>, request: FastifyRequest): Cursor {
  const cursor = cursors.get(request)
  if (!cursor) throw new Fault('internal', 'the request was not checked')
  return cursor
}

async function readCursor(database: Database, request: FastifyRequest): Promise<Cursor> {
  const query = parsePart('query', routes.events.query, request.query) as { after?: number; types?: string } // by that schema
  return openCursor(database, query.after ?? lastEventId(request), parseTypes(query.types))
}

/** What a browser's EventSource sends when it comes back (HTML standard, server-sent events). */
function lastEventId(request: FastifyRequest): number | undefined {
  const text = request.headers['last-event-id']
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function closed(emitter: { once(event: 'close', listener: () => void): unknown }): AbortSignal {
  const controller = new AbortController()
  emitter.once('close', () => controller.abort())
  return controller.signal
}

/** One `data:` line for each event; the number as id, so that an EventSource resumes by itself. */
async function* printEventStream(
  options: EventRouteOptions,
  cursor: Cursor,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield ': slipway\n\n' // headers and first bytes go out at once
  const batches = followEvents(options, cursor, signal)
  let next = batches.next()
  try {
    for (;;) {
      const result = await withHeartbeat(next)
      if (result === null) {
        yield ': alive\n\n'
        continue
      }
      if (result.done) return
      yield result.value.map(printEvent).join('')
      next = batches.next()
    }
  } catch (error) {
    if (!(error instanceof TooFarBehind)) throw error // too far behind: the stream ends, and the reader resumes by its last id
  } finally {
    next.catch(() => undefined) // a reader that leaves does not wait for it
    void batches.return(undefined)
  }
}

function printEvent(event: Event): string {
  return `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`
}

/** The promise's value, or null when a heartbeat is due first. */
async function withHeartbeat<T>(promise: Promise<T>): Promise<T | null> {
  const { promise: due, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(() => resolve(null), heartbeatMs)
  try {
    return await Promise.race([promise, due])
  } finally {
    clearTimeout(timer)
  }
}

async function serveSocket(options: EventRouteOptions, socket: Socket, cursor: Cursor): Promise<void> {
  const gone = new AbortController()
  const stopHeartbeat = watch(socket, gone)
  const signal = AbortSignal.any([options.signal, gone.signal])
  try {
    for await (const batch of followEvents(options, cursor, signal)) {
      for (const event of batch) await send(socket, JSON.stringify(event))
    }
    if (!gone.signal.aborted) socket.close(closeGoingAway, 'the server stops')
  } catch (error) {
    if (error instanceof TooFarBehind) socket.close(closeTooFarBehind, 'too far behind; come back with after')
    else if (!gone.signal.aborted) {
      options.logger.warn({ err: error }, 'an event stream ended')
      socket.close(closeInternal, 'the server failed; come back with after')
    }
  } finally {
    stopHeartbeat()
  }
}

/** Pings; a peer that answers none between two is gone. */
function watch(socket: Socket, gone: AbortController): () => void {
  let alive = true
  socket.on('pong', () => (alive = true))
  socket.on('close', () => gone.abort())
  socket.on('error', () => gone.abort())
  const timer = setInterval(() => {
    if (!alive) socket.terminate()
    alive = false
    if (socket.readyState === socket.OPEN) socket.ping()
  }, heartbeatMs)
  return () => clearInterval(timer)
}

/** Resolves when the text has left this process, so that a slow peer slows only its own stream. */
async function send(socket: Socket, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new TooFarBehind('the reader takes nothing')), stallMs)
  socket.send(text, (error) => (error ? reject(error) : resolve()))
  await promise.finally(() => clearTimeout(timer))
}
