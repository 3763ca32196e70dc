import { connect as tlsConnect, type TLSSocket } from 'node:tls'
import { createClient, type Client } from '@connectrpc/connect'
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { Fault } from '@slipway/base'
import { Machined } from '@slipway/protocol'
import { authority, readCertificate, type CertificateFacts } from './tls-facts.ts'

/** A connection to a machine that is not trusted yet: good for reading its certificate and for `Enroll` alone. */
export interface FirstContact {
  readonly certificate: CertificateFacts
  readonly client: Client<typeof Machined>
  close(): void
}

/**
 * Connects to `address:port` without a client certificate and without verifying the peer: what the certificate is worth
 * is for the caller to decide (fingerprint and signature of a discovery answer, enrolment proof). TLS 1.3 only.
 * Throws `machine-unreachable`.
 */
export async function openFirstContact(input: {
  address: string
  port: number
  timeoutMs: number
  signal: AbortSignal
}): Promise<FirstContact> {
  const socket = await connectTls(input)
  const raw = socket.getPeerX509Certificate()?.raw
  if (!raw) {
    socket.destroy()
    throw new Fault(
      'machine-unreachable',
      `${authority(input.address, input.port)} showed no certificate; is it machined's port?`,
    )
  }
  const url = `https://${authority(input.address, input.port)}`
  // The one socket whose certificate was read carries the calls too: no second handshake, no swap in between.
  const session = new Http2SessionManager(
    url,
    { idleConnectionTimeoutMs: input.timeoutMs },
    { createConnection: () => socket },
  )
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '2',
    sessionManager: session,
    defaultTimeoutMs: input.timeoutMs,
  })
  return {
    certificate: readCertificate(raw),
    client: createClient(Machined, transport),
    close() {
      session.abort()
      socket.destroy()
    },
  }
}

function connectTls(input: {
  address: string
  port: number
  timeoutMs: number
  signal: AbortSignal
}): Promise<TLSSocket> {
  const { address, port } = input
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({
      host: address,
      port,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false, // nobody vouches for this certificate yet; see above
    })
    const signal = AbortSignal.any([input.signal, AbortSignal.timeout(input.timeoutMs)])
    const stop = () =>
      socket.destroy(new Error(input.signal.aborted ? 'instcomd stops' : `no answer within ${input.timeoutMs} ms`))
    signal.addEventListener('abort', stop, { once: true })
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', stop)
      socket.on('error', () => undefined) // later errors come out of the calls
      resolve(socket)
    })
    socket.once('error', (cause) => {
      signal.removeEventListener('abort', stop)
      const message = `machined at ${authority(address, port)} does not answer: ${cause.message}; check power, network and port`
      reject(new Fault('machine-unreachable', message, { cause, details: { address, port } }))
    })
  })
}
