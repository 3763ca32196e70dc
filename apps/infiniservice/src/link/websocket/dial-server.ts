import { connect, type TLSSocket } from 'node:tls'
import { Fault } from '@slipway/base'

/** TCP, TLS and the server's thinking. */
const deadlineMs = 20_000

/** Whom to dial, and by which trust. */
export interface ServerAddress {
  readonly hostname: string
  readonly port: number
  /** The only CA that counts. */
  readonly caPem: string
}

/** The agent's own certificate and key. */
export interface AgentCertificate {
  readonly certificatePem: string
  readonly keyPem: string
}

/**
 * Opens TLS 1.3 to instcomd and returns the socket once the server has proved to be one: its chain against the pinned CA
 * alone, and the URI name of an instcomd (security.md; it may be dialled by any address). Nothing is sent before.
 * Throws `certificate-refused` or `server-unreachable`.
 */
export function dialServer(
  server: ServerAddress,
  own: AgentCertificate | null,
  outer: AbortSignal,
): Promise<TLSSocket> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(deadlineMs)])
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  const socket = connect({
    host: server.hostname,
    port: server.port,
    ca: [server.caPem],
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    // The URI name is checked below in place of the DNS name: agents dial addresses.
    checkServerIdentity: () => undefined,
    ...(own && { cert: own.certificatePem, key: own.keyPem }),
    ...(/^[\d.]+$|:/.test(server.hostname) ? {} : { servername: server.hostname }),
  })
  const end = (error: Error) => {
    socket.destroy()
    reject(error)
  }
  const aborted = () => end(unreachable(server, signal.reason))
  signal.addEventListener('abort', aborted, { once: true })
  socket.once('error', (error) => end(isTrustError(error) ? refused(error.message) : unreachable(server, error)))
  socket.once('close', () => end(unreachable(server, new Error('it hung up during the handshake'))))
  socket.once('secureConnect', () => {
    signal.removeEventListener('abort', aborted)
    if (!socket.authorized) return end(refused(String(socket.authorizationError)))
    if (!isInstcomd(socket.getPeerX509Certificate()?.subjectAltName))
      return end(refused('it does not name an instcomd'))
    socket.removeAllListeners('error')
    socket.removeAllListeners('close')
    socket.setNoDelay(true)
    return resolve(socket)
  })
  return promise
}

/** One of the names is `URI:slipway:instcomd/ID`. Node quotes names with commas in them, so none can pretend to be two. */
function isInstcomd(names: string | undefined): boolean {
  return (names ?? '').split(', ').some((name) => /^URI:slipway:instcomd\/[^,"\s]+$/.test(name))
}

/** OpenSSL's and BoringSSL's verification errors as Node names them. */
function isTrustError(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return /CERT|SIGNATURE|ISSUER|UNABLE_TO_|TLS_|SSL/.test(code)
}

function refused(why: string): Fault {
  return new Fault(
    'certificate-refused',
    `the server’s certificate was refused: ${why}; compare ca.pem with the server’s /ca.crt, and both clocks`,
  )
}

function unreachable(server: ServerAddress, cause: unknown): Fault {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Fault(
    'server-unreachable',
    `${server.hostname}:${server.port} does not answer: ${why}; check "server" in config.json and the route to it`,
    { cause },
  )
}
