import { X509Certificate } from 'node:crypto'
import { Fault } from '@slipway/base'
import { releasedAt } from '../version.ts'
import { uriNames } from './certificates.ts'

/** Intermediates above a peer's certificate; operators' own CAs use one, rarely two. */
const maxDepth = 4
const clientAuth = '1.3.6.1.5.5.7.3.2'
const serverAuth = '1.3.6.1.5.5.7.3.1'

/** A certificate with what its owner sent beside it, and what it is to be held against. */
export interface ChainInput {
  readonly leaf: X509Certificate
  readonly intermediates: readonly X509Certificate[]
  readonly roots: readonly X509Certificate[]
  readonly purpose: 'client' | 'server'
  readonly now?: number
}

/**
 * Checks that a certificate chains to a pinned CA, is valid now, and may be used so. Throws `certificate-refused`.
 * The pinned CA itself is trusted whatever its dates. TLS proves the possession of the key; this proves the name.
 */
export function verifyChain(input: ChainInput): void {
  const usage = input.purpose === 'client' ? clientAuth : serverAuth
  if (input.leaf.keyUsage && !input.leaf.keyUsage.includes(usage)) {
    throw refused(input.leaf, `may not be used by a ${input.purpose}`)
  }
  let current = input.leaf
  for (let depth = 0; depth < maxDepth; depth += 1) {
    checkDates(current, input.roots, input.now ?? Date.now())
    if (input.roots.some((root) => isIssuedBy(current, root))) return
    const next = input.intermediates.find((candidate) => candidate.ca && isIssuedBy(current, candidate))
    if (!next) throw refused(input.leaf, 'does not chain to the CA that this machine trusts')
    current = next
  }
  throw refused(input.leaf, `has more than ${maxDepth} certificates between it and its CA`)
}

/** Requires the URI name of an instcomd instance and returns the instance. Throws `certificate-refused`. */
export function instcomdName(certificate: X509Certificate): string {
  const prefix = 'slipway:instcomd/'
  const name = uriNames(new Uint8Array(certificate.raw)).find(
    (uri) => uri.startsWith(prefix) && uri.length > prefix.length,
  )
  if (name === undefined) throw refused(certificate, 'does not name an instcomd (URI slipway:instcomd/…)')
  return decodeURIComponent(name.slice(prefix.length))
}

/** Lower-case hex SHA-256 of the DER, as it stands in discovery answers and enrolment proofs. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

/** Reads every certificate of a PEM text. Throws `certificate-refused` when there is none or one cannot be read. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new Fault('certificate-refused', 'there is no certificate in the PEM text')
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw new Fault('certificate-refused', 'a certificate in the PEM text cannot be read', { cause })
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

/**
 * A machine without a good clock (before this program or its CA existed) cannot say that something is not valid yet;
 * it checks the end against the latest time that it knows to have passed (machines.md, "Live environment").
 */
function checkDates(certificate: X509Certificate, roots: readonly X509Certificate[], now: number): void {
  const floor = Math.max(releasedAt, ...roots.map((root) => root.validFromDate.getTime()).filter(Number.isFinite))
  const isClockGood = now >= floor
  if (isClockGood && certificate.validFromDate.getTime() > now) {
    throw refused(certificate, `is not valid before ${certificate.validFrom}; compare both clocks`)
  }
  if (certificate.validToDate.getTime() < Math.max(now, floor)) {
    throw refused(certificate, `expired at ${certificate.validTo}; renew it, or correct this machine's clock`)
  }
}

function refused(certificate: X509Certificate, why: string): Fault {
  const subject = certificate.subject?.replaceAll('\n', ', ') ?? '(no subject)'
  return new Fault('certificate-refused', `the certificate of ${subject} ${why}`, {
    details: { fingerprint: fingerprintOf(certificate) },
  })
}
