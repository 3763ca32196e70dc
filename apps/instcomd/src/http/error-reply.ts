import type { Duplex } from 'node:stream'
import { Fault, faultTable, isFault, makeId, type Logger } from '@slipway/base'
import type { ErrorBody } from '@slipway/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Metrics } from '../metrics/metrics.ts'

/** Fastify's own errors (fastify docs, "Errors") that are the client's doing. */
const fastifyCodes: Readonly<Record<string, () => Fault>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new Fault('too-large', 'the body is larger than 1 MiB'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Fault('invalid-request', 'the body is not JSON; send "Content-Type: application/json"'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Fault('invalid-request', 'the body is not as long as Content-Length says'),
}

/** Turns whatever was thrown into the Fault that the client sees. */
export function asFault(error: unknown): Fault {
  if (isFault(error)) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = fastifyCodes[code]
  if (known) return known()
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Fault('invalid-request', error instanceof Error ? error.message : 'the request is malformed')
  // A defect's own words stay in the log: they may quote a row, a path, a secret.
  return new Fault('internal', 'Slipway failed at this; the server’s log has the cause under the request id', {
    cause: error,
  })
}

/** The body of every error (api.md). */
export function errorBody(fault: Fault, requestId: string): ErrorBody {
  return { error: { code: fault.code, message: fault.message, details: { ...fault.details }, request_id: requestId } }
}

/** Makes the error handler of both listeners: one shape, one log line, one metric. */
export function makeErrorHandler(logger: Logger, metrics: Metrics) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const fault = asFault(error)
    const { status } = faultTable[fault.code]
    metrics.error(fault.code)
    const fields = {
      request_id: request.id,
      method: request.method,
      path: request.routeOptions.url ?? request.url,
      code: fault.code,
    }
    if (status >= 500 && status !== 503)
      logger.error({ ...fields, err: fault.cause ?? fault }, `Request failed: ${fault.message}`)
    else logger.debug(fields, `Request refused: ${fault.message}`)
    if (status === 401) void reply.header('www-authenticate', 'Bearer')
    if (status === 503 || status === 429) void reply.header('retry-after', '1')
    // @fastify/websocket ends the connection of a refused upgrade; a client that kept it would lose its next request.
    if (request.ws) void reply.header('connection', 'close')
    return reply.status(status).send(errorBody(fault, request.id))
  }
}

/** Answers what is not HTTP at all with the same body as every error, and ends the connection. */
export function answerBrokenRequest(error: Error, socket: Duplex): void {
  if (socket.destroyed || !socket.writable) return
  const fault = new Fault('invalid-request', `the request is not HTTP/1.1: ${error.message}`)
  const body = JSON.stringify(errorBody(fault, makeId('req')))
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`)
}
