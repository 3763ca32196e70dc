import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { Fault } from '@slipway/base'
import { sentAlong } from '../enrolment/pinned-request.ts'
import type { Identity } from '../identity/identity.ts'
import { instcomdName, readCertificates, verifyChain } from '../identity/verify-chain.ts'

/** What a connection's certificate was found to be, under which CA; a connection carries thousands of calls. */
interface Verdict {
  readonly caPem: string
  readonly leaf: X509Certificate
  readonly instance: string
  readonly validTo: number
}

const verdicts = new WeakMap<object, Verdict>()

/** The parts of a TLS socket that are read; an HTTP/2 session hands out a proxy of one. */
export type PeerSocket = Pick<TLSSocket, 'getPeerX509Certificate' | 'getPeerCertificate'>

/**
 * Names the instcomd instance at the other end of a connection, or throws `certificate-refused`: its certificate must
 * chain to the CA that this machine pinned, and carry the URI name of an instcomd. Nobody is obeyed before enrolment.
 */
export function requireInstcomd(key: object, socket: PeerSocket, identity: Identity): string {
  const caPem = identity.pinned?.ca_pem
  if (caPem === undefined) throw new Fault('certificate-refused', 'this machine is not enrolled yet; call Enroll first')
  const known = verdicts.get(key)
  if (known && known.caPem === caPem && known.validTo > Date.now()) return known.instance
  const leaf = socket.getPeerX509Certificate()
  if (!leaf)
    throw new Fault('certificate-refused', 'this call needs a client certificate of the CA that this machine obeys')
  verifyChain({ leaf, intermediates: sentAlong(socket), roots: readCertificates(caPem), purpose: 'client' })
  const instance = instcomdName(leaf)
  verdicts.set(key, { caPem, leaf, instance, validTo: leaf.validToDate.getTime() })
  return instance
}
