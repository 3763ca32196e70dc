import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps, type Server as TlsServer, type ServerOptions } from 'node:https'
import cookie from '@fastify/cookie'
import websocket from '@fastify/websocket'
import { Fault, makeId, type Logger } from '@slipway/base'
import fastify, { type FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics/metrics.ts'
import { answerBrokenRequest, makeErrorHandler } from './error-reply.ts'

/** api.md, "Input limits". */
const bodyLimit = 1 << 20

/** A whole request must have arrived by then: slow senders hold no connection. */
const requestTimeoutMs = 60_000

export interface HttpServer {
  readonly app: FastifyInstance
  /** Null for plain HTTP. */
  readonly tls: TlsServer | null
}

/** Makes a server with what both listeners share: limits, request ids, error bodies, latency, JSON bodies. */
export async function makeServer(options: {
  logger: Logger
  metrics: Metrics & { httpRequest(route: string, method: string, status: number, seconds: number): void }
  tls: ServerOptions | null
  /** Largest WebSocket message of a client, bytes; event readers have nothing to say. */
  mostMessageBytes?: number
}): Promise<HttpServer> {
  let tls: TlsServer | null = null
  const app = fastify({
    logger: false,
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    clientErrorHandler: answerBrokenRequest,
    genReqId: () => makeId('req'),
    routerOptions: { maxParamLength: 512 },
    serverFactory: (handler: RequestListener) => {
      if (!options.tls) return createHttp(handler)
      tls = createHttps(options.tls, handler)
      // Same events and methods; fastify's type names the plain server only.
      return tls
    },
  })
  app.setErrorHandler(makeErrorHandler(options.logger, options.metrics))
  app.setNotFoundHandler((request) => {
    throw new Fault(
      'not-found',
      `there is no ${request.method} ${request.url.split('?')[0]}; /api/docs lists what there is`,
    )
  })
  readJsonBodies(app)
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none' // the pattern, not the address: few label values
    options.metrics.httpRequest(route, request.method, reply.statusCode, reply.elapsedTime / 1000)
  })
  await app.register(cookie)
  await app.register(websocket, { options: { maxPayload: options.mostMessageBytes ?? 4096 }, preClose: sayGoodbye })
  return { app, tls }
}

/** RFC 6455, 7.4.1. */
const closeGoingAway = 1001
/** A peer that does not answer the goodbye is cut off, so that stopping never waits for it; milliseconds. */
const goodbyeMs = 1000

/** Tells every WebSocket that the server stops, and waits until they are gone. */
function sayGoodbye(this: FastifyInstance, done: () => void): void {
  const { clients } = this.websocketServer
  for (const client of clients) client.close(closeGoingAway, 'the server stops')
  const timer = setTimeout(() => {
    for (const client of clients) client.terminate()
  }, goodbyeMs)
  this.websocketServer.close(() => {
    clearTimeout(timer)
    done()
  })
}

/** JSON, and an empty body with a JSON content type is no body: clients send it with a bare POST. */
function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined)
    try {
      done(null, parseJson(String(text)))
    } catch (cause) {
      done(
        new Fault('invalid-request', `the body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`),
      )
    }
  })
}

/** Schemas are strict, so `__proto__` is refused like every unknown key once it is a key and not the prototype. */
function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return value
}
