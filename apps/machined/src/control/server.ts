import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import { constants } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { createContextValues, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Fault, type Logger } from '@slipway/base'
import { Machined } from '@slipway/protocol'
import type { Identity } from '../identity/identity.ts'
import { makeFaultInterceptor } from './fault-interceptor.ts'
import { requireInstcomd, type PeerSocket } from './peer.ts'
import { peerKey } from './service.ts'

/** A plan for hundreds of disks and a config of 256 KiB fit many times over. */
const maxMessageBytes = 16 * 1024 * 1024

export interface ControlServer {
  readonly port: number
  /** Ends every connection at once; streams are cut. */
  close(): Promise<void>
}

export interface ControlServerOptions {
  readonly host: string
  readonly port: number
  readonly identity: Identity
  readonly service: Partial<ServiceImpl<typeof Machined>>
  readonly logger: Logger
  /** Simulated bad links: connections break after about so many bytes; null: never. */
  readonly cutAfterBytes: number | null
}

/** How often a simulated bad link looks at its bytes. */
const cutCheckMs = 50

/**
 * Listens for machined's calls: Connect, gRPC and gRPC-Web over HTTP/2 and HTTP/1.1, TLS 1.3, one port. Client
 * certificates are asked for and judged for every call (peer.ts), because before enrolment there is no CA to ask for.
 * A new certificate is served to new connections without a restart.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { identity } = options
  const server = createSecureServer(
    {
      ...served(identity),
      allowHTTP1: true,
      requestCert: true,
      rejectUnauthorized: false, // judged per call
    },
    makeHandler(options),
  )
  identity.onChanged(() => server.setSecureContext(served(identity)))
  const connections = trackConnections(server)
  if (options.cutAfterBytes !== null) breakConnections(server, options.cutAfterBytes)
  await listen(server, options)
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is no string
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of connections) connection.destroy()
      }),
  }
}

/** The whole context each time: what setSecureContext is not given falls back to Node's defaults. */
function served(identity: Identity): SecureContextOptions {
  return {
    key: identity.keyPem,
    cert: identity.certificatePem,
    minVersion: 'TLSv1.3',
    // A resumed session brings no chain of certificates: every connection shows its own anew.
    secureOptions: constants.SSL_OP_NO_TICKET,
    sessionIdContext: 'slipway',
  }
}

function makeHandler(options: ControlServerOptions) {
  return connectNodeAdapter({
    routes: (router) => router.service(Machined, options.service),
    interceptors: [makeFaultInterceptor(options.logger)],
    readMaxBytes: maxMessageBytes,
    contextValues: (request) =>
      createContextValues().set(peerKey, () => {
        // HTTP/2 requests share their session's TLS socket; HTTP/1.1 ones have it themselves.
        const session = 'stream' in request ? request.stream.session : undefined
        const socket = (session?.socket ?? request.socket) as unknown as PeerSocket // a secure server's sockets are TLS sockets
        return requireInstcomd(session ?? request.socket, socket, options.identity)
      }),
  })
}

function trackConnections(server: Http2SecureServer): Set<ServerHttp2Session | Socket> {
  const connections = new Set<ServerHttp2Session | Socket>()
  const track = (connection: ServerHttp2Session | Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }
  server.on('session', track)
  server.on('secureConnection', track)
  server.on('sessionError', () => undefined) // a peer that breaks off is its own affair
  return connections
}

function breakConnections(server: Http2SecureServer, bytes: number): void {
  server.on('connection', (socket: Socket) => {
    const timer = setInterval(() => {
      if (socket.bytesRead + socket.bytesWritten >= bytes) socket.destroy()
    }, cutCheckMs)
    socket.once('close', () => clearInterval(timer))
  })
}

function listen(server: Http2SecureServer, options: ControlServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = `${options.host}:${options.port}`
      const isUsed = cause.code === 'EADDRINUSE'
      const why = isUsed
        ? `port ${where} is in use; choose another with --listen`
        : `cannot listen on ${where}: ${cause.message}`
      reject(new Fault(isUsed ? 'port-in-use' : 'unavailable', why, { cause }))
    })
    server.listen(options.port, options.host, resolve)
  })
}
