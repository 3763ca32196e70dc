import { createHash, X509Certificate } from 'node:crypto'
import { isIPv6 } from 'node:net'

/** What is read off a certificate: names and keys, in the forms that the database and the wire use. */
export interface CertificateFacts {
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string
  /** SPKI DER, base64. */
  readonly publicKey: string
  /** Lower-case hex without leading zeros, however OpenSSL prints it. */
  readonly serial: string
  /** URI names of the subject alternative name. */
  readonly uris: readonly string[]
}

/** Reads a certificate; throws Node's error for what is none. */
export function readCertificate(input: string | Buffer): CertificateFacts {
  const certificate = new X509Certificate(input)
  return {
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    publicKey: certificate.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    serial: certificate.serialNumber.toLowerCase(),
    uris: uriNames(certificate.subjectAltName),
  }
}

/** Picks the URIs out of Node's text form: `URI:slipway:machine/x, DNS:y`; a name with a comma comes quoted and is left out. */
export function uriNames(subjectAltName: string | undefined): string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice('URI:'.length))
}

/** `address:port` as it stands in a URL. */
export function authority(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}
