import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'
import { Fault } from '@slipway/base'
import type { Configuration } from '../configuration/configuration.ts'
import { isPlain } from '../configuration/listener-scheme.ts'
import type { Pki } from '../pki/pki.ts'

/** The operator's own certificate with its chain and key, as PEM. */
export interface OperatorCertificate {
  readonly cert: string
  readonly key: string
}

/**
 * Reads the files of `tls`; null where it names none. Throws `configuration-invalid` for what cannot serve: unreadable, no
 * PEM, a key of another certificate, a key under a passphrase, not valid yet or no longer.
 */
export async function readOperatorCertificate({ tls }: Configuration): Promise<OperatorCertificate | null> {
  const { cert_file, key_file, ca_file } = tls
  if (cert_file === null || key_file === null) return null
  const [cert, key, chain] = await Promise.all([
    read('tls.cert_file', cert_file),
    read('tls.key_file', key_file),
    ca_file === null ? '' : read('tls.ca_file', ca_file),
  ])
  const certificate = parseCertificate('tls.cert_file', cert_file, cert)
  if (ca_file !== null) parseCertificate('tls.ca_file', ca_file, chain)
  refuseOutOfTime(certificate, cert_file)
  if (!certificate.checkPrivateKey(parseKey(key_file, key)))
    throw unusable(
      'tls.key_file',
      key_file,
      `it is not the key of the certificate in ${cert_file}`,
      'name the key that the certificate was requested with',
    )
  return { cert: chain === '' ? cert : `${cert.trimEnd()}\n${chain}`, key }
}

/** TLS of `server.port`: none on loopback, the operator's own certificate where there is one, else ours. */
export function apiTls(
  configuration: Configuration,
  own: OperatorCertificate | null,
  pki: Pick<Pki, 'identity'>,
): ServerOptions | null {
  if (isPlain(configuration)) return null
  if (own) return { ...own, minVersion: 'TLSv1.3' }
  const { certificatePem, keyPem } = pki.identity()
  return { cert: certificatePem, key: keyPem, minVersion: 'TLSv1.3' }
}

async function read(key: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw unusable(key, file, `it cannot be read: ${words}`, 'correct the path, or let this user read it')
  })
}

function parseCertificate(key: string, file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    const words = text.includes('PRIVATE KEY') ? 'it holds a private key' : 'it holds no PEM certificate'
    throw unusable(key, file, words, 'give a file that begins with -----BEGIN CERTIFICATE-----')
  }
}

function parseKey(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    if (text.includes('ENCRYPTED'))
      throw unusable(
        'tls.key_file',
        file,
        'its key is under a passphrase',
        `openssl pkey -in ${file} -out KEY removes it`,
      )
    throw unusable('tls.key_file', file, 'it holds no PEM private key', 'give a file with -----BEGIN PRIVATE KEY-----')
  }
}

function refuseOutOfTime({ validFrom, validTo }: X509Certificate, file: string): void {
  const now = Date.now()
  if (Date.parse(validTo) < now)
    throw unusable('tls.cert_file', file, `it expired on ${validTo}`, 'renew it, and start again')
  if (Date.parse(validFrom) > now)
    throw unusable('tls.cert_file', file, `it is not valid before ${validFrom}`, 'check the clock of this machine')
}

function unusable(key: string, file: string, what: string, cure: string): Fault {
  return new Fault('configuration-invalid', `${key}: ${file} cannot be used: ${what}; ${cure}`, {
    details: { key, file },
  })
}
