import { createHash, randomBytes } from 'node:crypto'
import { Fault } from '@slipway/base'
import type { AgentLink } from '../agent-link.ts'
import { makeDialledLink } from '../dialled-link.ts'
import type { DialBackoff } from '../dial-backoff.ts'
import type { Connection } from '../stream-link.ts'
import { dialServer, type AgentCertificate, type ServerAddress } from './dial-server.ts'
import { makeFrameCodec } from './frames.ts'
import { readHead } from './http-exchange.ts'

/** agent.md, "Links". */
const path = '/api/agent'
/** RFC 6455 §1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const answerMs = 20_000
/** Beyond a machine's own server, which serves thousands: not twice a second from each after it restarted. */
const usualBackoff: DialBackoff = { firstMs: 1_000, capMs: 60_000 }

export interface WebSocketLinkOptions {
  readonly server: ServerAddress
  /** The certificate to show; enrols or renews first when that is needed. */
  readonly certificate: (signal: AbortSignal) => Promise<AgentCertificate>
  readonly backoff?: DialBackoff
}

/** Makes the link of machines without virtio-serial: the same lines in WebSocket messages over TLS with both certificates. */
export function makeWebSocketLink(options: WebSocketLinkOptions): AgentLink {
  const { hostname, port } = options.server
  return makeDialledLink({
    name: `wss://${hostname}:${port}${path}`,
    connect: (signal) => open(options, signal),
    backoff: options.backoff ?? usualBackoff,
  })
}

async function open(options: WebSocketLinkOptions, outer: AbortSignal): Promise<Connection> {
  const certificate = await options.certificate(outer)
  const socket = await dialServer(options.server, certificate, outer)
  const signal = AbortSignal.any([outer, AbortSignal.timeout(answerMs)])
  const key = randomBytes(16).toString('base64')
  const lines = [
    `GET ${path} HTTP/1.1`,
    `host: ${options.server.hostname}:${options.server.port}`,
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${key}`,
  ]
  try {
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    const head = await readHead(socket, signal)
    const accept = createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64')
    if (head.status !== 101 || head.headers.get('sec-websocket-accept') !== accept) throw refused(head.status, options)
    const codec = makeFrameCodec((frame) => void socket.write(frame))
    return { socket, codec, first: head.rest }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function refused(status: number, { server }: WebSocketLinkOptions): Fault {
  const code = status === 401 || status === 403 ? 'certificate-refused' : 'server-unreachable'
  const cure =
    code === 'certificate-refused'
      ? 'its certificate may be revoked; enrol again with a new token'
      : 'is "server" in config.json the machine port (4443)?'
  return new Fault(code, `${server.hostname}:${server.port} refused the agent with status ${status}; ${cure}`)
}
