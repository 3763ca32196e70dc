import type { TLSSocket } from 'node:tls'
import { Fault } from '@slipway/base'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AgentSocket } from '../guests/agent-sockets.ts'
import type { Pki } from '../pki/pki.ts'
import { agentPeer, type AgentPeer } from './agent-peer.ts'

/** `GET /api/agent` on the machine listener: the agent's link, an upgrade with its certificate (agent.md, "Links"). */
export function registerAgentLink(
  app: FastifyInstance,
  options: { pki: Pki; onLink(socket: AgentSocket, peer: AgentPeer): void },
): void {
  const peers = new WeakMap<FastifyRequest, AgentPeer>()
  app.route({
    method: 'GET',
    url: '/api/agent',
    // Before the upgrade: what is refused is refused with a status and the documented body.
    preValidation: async (request) => {
      const socket = request.raw.socket as TLSSocket // the listener is always TLS
      peers.set(request, await agentPeer(socket, options.pki))
    },
    handler: async () => {
      throw new Fault('invalid-request', 'this is the agents’ link: ask for an upgrade to WebSocket')
    },
    wsHandler: (socket: AgentSocket, request: FastifyRequest) => {
      const peer = peers.get(request)
      if (peer) options.onLink(socket, peer)
    },
  })
}
