// INVARIANT: reflect-metadata comes before @peculiar/x509, which registers its classes at import (libraries.md, 6).
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { toHex } from '@slipway/base'

x509.cryptoProvider.set(crypto)

export { x509 }

/** What every key of ours is: P-256 is what all TLS 1.3 peers and OpenSSL builds have. */
export const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export const dayMs = 24 * 3_600_000

/** Clocks of machines differ: certificates start a day in the past (security.md). */
export const backdateMs = dayMs

/** Lower-case hex SHA-256 of the DER. */
export async function fingerprintOf(certificate: x509.X509Certificate): Promise<string> {
  return toHex(await certificate.getThumbprint('SHA-256'))
}

/** 16 random bytes, positive (RFC 5280, 4.1.2.2), as lower-case hex. */
export function makeSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40 // never a leading zero: TLS libraries print serials without them
  return toHex(bytes)
}

/** PKCS #8 PEM of a private key. */
export async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

/** Reads a PKCS #8 PEM of our key algorithm, for signing. */
export async function importKey(pem: string): Promise<CryptoKey> {
  const [der] = x509.PemConverter.decode(pem)
  if (!der) throw new TypeError('no PEM block')
  return crypto.subtle.importKey('pkcs8', der, keyAlgorithm, true, ['sign'])
}
