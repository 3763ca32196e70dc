import { Readable } from 'node:stream'
import { Fault } from '@slipway/base'
import { routes, type Listener, type Route, type RouteName } from '@slipway/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Database } from '../database/database.ts'
import { routeNames, routesWithoutHandler } from './combine-handlers.ts'
import type { Call, Handlers, Principal } from './handler.ts'
import { runOnce, type StoredAnswer } from './idempotency.ts'
import { parsePart } from './parse-part.ts'

export interface RegisterOptions {
  readonly listener: Listener
  readonly handlers: Handlers
  readonly database: Database
  /** Who asks; throws when the route's permission is not theirs. */
  authenticate(request: FastifyRequest, route: Route): Promise<Principal>
  /** Aborts when the server stops. */
  readonly signal: AbortSignal
}

/** A handler after its route's name is forgotten: what arrives was parsed by the same route's schemas. */
type AnyHandler = (call: Call<RouteName>) => Promise<unknown>

/** Puts every route of one listener on a fastify server: permission, schemas, idempotency, answer. */
export function registerRoutes(app: FastifyInstance, options: RegisterOptions): void {
  for (const name of routeNames(options.listener)) {
    if (routesWithoutHandler.has(name)) continue
    const handler = options.handlers[name] as unknown as AnyHandler | undefined // one of a union of functions, see AnyHandler
    if (!handler) throw new Fault('internal', `route ${name} has no handler`)
    registerRoute(app, routes[name], handler, options)
  }
}

function registerRoute(app: FastifyInstance, route: Route, handler: AnyHandler, options: RegisterOptions): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const principal = await options.authenticate(request, route)
      const call = makeCall(request, route, principal, AbortSignal.any([options.signal, clientSignal(reply)]))
      if (route.stream) return sendLines(reply, route, await handler(call))
      const answer = async () => answerOf(route, await handler(call))
      const { status, body } =
        call.idempotencyKey === null ? await answer() : await once(options.database, request, call, answer)
      return reply.status(status).send(status === 204 ? undefined : body)
    },
  })
}

function once(
  database: Database,
  request: FastifyRequest,
  call: Call<RouteName>,
  run: () => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  const { method, url, body } = request
  return runOnce(database, { principalId: call.principal.id, key: call.idempotencyKey ?? '', method, url, body }, run)
}

function makeCall(request: FastifyRequest, route: Route, principal: Principal, signal: AbortSignal): Call<RouteName> {
  // The schemas are the route's own, so the parts have its types; TypeScript cannot follow that through a loop.
  return {
    params: route.params ? parsePart('params', route.params, request.params) : undefined,
    query: parsePart('query', route.query, request.query),
    body: parsePart('body', route.body, request.body),
    principal,
    requestId: request.id,
    sourceAddress: request.ip,
    idempotencyKey: route.method === 'POST' ? readKey(request) : null,
    signal,
  } as Call<RouteName>
}

function readKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Fault('invalid-request', 'Idempotency-Key is 1 to 255 printable ASCII characters')
}

/** Aborts when the client goes away before its answer is complete. */
function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Fault('cancelled', 'the client went away'))
  })
  return controller.signal
}

function answerOf(route: Route, value: unknown): StoredAnswer {
  const status = route.status ?? 200
  if (status === 204) return { status, body: null }
  const body = checkAnswer(route.response, value)
  return { status: isNotReady(body) ? 503 : status, body }
}

/** `/ready` says no by its status too: that is all a load balancer reads. */
function isNotReady(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'status' in body && body.status === 'not-ready'
}

/** The documented shape holds for answers too: keys that the schema does not know never leave the server. */
function checkAnswer(schema: z.core.$ZodType, value: unknown): unknown {
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return parsed.data
  throw new Fault('internal', `the answer is not of the documented shape: ${parsed.error.message}`)
}

/** Lines with back pressure: the next one is made when the client has taken the last. */
function sendLines(reply: FastifyReply, route: Route, lines: unknown): FastifyReply {
  const text = printLines(route.response, lines as AsyncIterable<unknown>) // what a streamed route's handler returns (handler.ts)
  return reply
    .header('cache-control', 'no-store')
    .type(route.stream ?? 'application/x-ndjson')
    .send(Readable.from(text, { objectMode: false }))
}

async function* printLines(schema: z.core.$ZodType, lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(checkAnswer(schema, line))}\n`
}
