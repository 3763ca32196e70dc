import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { Fault } from '@slipway/base'
import { uriNames } from '../machines/tls-facts.ts'
import type { Pki } from '../pki/pki.ts'
import type { Principal } from './handler.ts'

/** security.md: an expired certificate may be used for its renewal alone, so long. */
const renewalMs = 180 * 24 * 3_600_000

/** Who is at the other end of a TLS connection, by a certificate of our CA. */
export interface AgentPeer {
  /** `slipway:agent/<id>` */
  readonly uri: string
  readonly serial: string
}

/** The agent behind a connection. Throws `certificate-refused` for none, an expired, a foreign or a revoked certificate. */
export async function agentPeer(socket: TLSSocket, pki: Pki): Promise<AgentPeer> {
  if (!socket.authorized) throw refused('no valid certificate of this server’s CA was shown; enrol the agent first')
  return namedAgent(readPeer(socket, pki), pki)
}

/** The same, with a certificate that expired up to 180 days ago. */
export async function agentForRenewal(socket: TLSSocket, pki: Pki): Promise<Principal> {
  const certificate = readPeer(socket, pki)
  if (Date.parse(certificate.validTo) + renewalMs < Date.now())
    throw refused(
      `its certificate expired on ${certificate.validTo}, too long ago to be renewed; enrol the agent again`,
    )
  const { uri } = await namedAgent(certificate, pki)
  return { id: uri, name: uri, permission: 'open' }
}

/**
 * Node's `authorized` is false for an expired certificate whatever else holds, so the signature is checked here; that the
 * peer has its key was proven by the handshake.
 */
function readPeer(socket: TLSSocket, pki: Pki): X509Certificate {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) throw refused('no certificate was shown; enrol the agent first')
  const authority = new X509Certificate(pki.caPem)
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    throw refused('its certificate is not of this server’s CA; enrol the agent here')
  return certificate
}

async function namedAgent(certificate: X509Certificate, pki: Pki): Promise<AgentPeer> {
  const serial = certificate.serialNumber.toLowerCase()
  if (await pki.isRevoked(serial)) throw refused(`its certificate ${serial} was revoked; enrol the agent again`)
  const uri = uriNames(certificate.subjectAltName).find((name) => name.startsWith('slipway:agent/'))
  if (uri === undefined) throw refused('its certificate is not an agent’s; enrol the agent first')
  return { uri, serial }
}

function refused(why: string): Fault {
  return new Fault('certificate-refused', `the agent was refused: ${why}`)
}
