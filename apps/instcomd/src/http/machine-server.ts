import type { TLSSocket } from 'node:tls'
import { Fault, type Logger } from '@slipway/base'
import { routes, type Route } from '@slipway/protocol'
import type { FastifyRequest } from 'fastify'
import type { Database } from '../database/database.ts'
import type { PlatformMetrics } from '../metrics/make-metrics.ts'
import type { Pki } from '../pki/pki.ts'
import type { AgentSocket } from '../guests/agent-sockets.ts'
import { registerAgentLink } from './agent-link-route.ts'
import { agentForRenewal, type AgentPeer } from './agent-peer.ts'
import { nobody } from './authenticate.ts'
import type { Handlers, Principal } from './handler.ts'
import { makeServer, type HttpServer } from './make-server.ts'
import { registerRoutes } from './register-routes.ts'

export interface MachineServerOptions {
  readonly handlers: Handlers
  readonly database: Database
  readonly pki: Pki
  readonly metrics: PlatformMetrics
  readonly logger: Logger
  readonly signal: AbortSignal
  /** An agent's WebSocket link. */
  onAgentLink(socket: AgentSocket, peer: AgentPeer): void
}

/** A line of 8 MiB (agent.md) and what is too long, which is told and not cut off. */
const mostMessageBytes = 16 * 1024 * 1024

/**
 * The listener for machines: always TLS 1.3 with instcomd's own certificate, which follows renewals. A client certificate
 * of our CA, not revoked, is required for every route that is not open (enrolment, first-boot report).
 */
export async function makeMachineServer(
  options: MachineServerOptions,
): Promise<HttpServer & { close(): Promise<void> }> {
  const { pki } = options
  const server = await makeServer({
    ...options,
    mostMessageBytes,
    tls: { ...secureContext(pki), requestCert: true, rejectUnauthorized: false },
  })
  registerRoutes(server.app, {
    listener: 'machine',
    handlers: options.handlers,
    database: options.database,
    authenticate: (request, route) => authenticateMachine(request, route, pki),
    signal: options.signal,
  })
  registerAgentLink(server.app, { pki, onLink: (socket, peer) => options.onAgentLink(socket, peer) })
  server.app.get('/ca.crt', async (_, reply) => reply.type('application/x-x509-ca-cert').send(pki.caPem))
  const stopFollowing = pki.onRenewed(() => server.tls?.setSecureContext(secureContext(pki)))
  return {
    ...server,
    async close() {
      stopFollowing()
      await server.app.close()
    },
  }
}

function secureContext(pki: Pki) {
  const { certificatePem, keyPem } = pki.identity()
  return { cert: certificatePem, key: keyPem, ca: pki.caPem, minVersion: 'TLSv1.3' } as const
}

async function authenticateMachine(request: FastifyRequest, route: Route, pki: Pki): Promise<Principal> {
  if (route.path === routes.renewAgent.path) return agentForRenewal(request.raw.socket as TLSSocket, pki)
  if (route.permission === 'open') return nobody
  const socket = request.raw.socket as TLSSocket // the listener is always TLS
  const certificate = socket.getPeerX509Certificate()
  if (!certificate || !socket.authorized)
    throw new Fault('certificate-refused', 'this listener wants a client certificate of this server’s CA; enrol first')
  if (await pki.isRevoked(certificate.serialNumber))
    throw new Fault('certificate-refused', `the certificate ${certificate.serialNumber} was revoked; enrol again`)
  const name = /URI:(slipway:(?:machine|agent)\/[^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1]
  if (!name) throw new Fault('certificate-refused', 'the certificate names neither a machine nor an agent')
  return { id: name, name, permission: 'open' }
}
