import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'
import { Fault } from '@slipway/base'
import type { Configuration } from '../configuration/configuration.ts'
import { isPlain } from '../configuration/listener-scheme.ts'
import type { Pki } from '../pki/pki.ts'

/** TLS of `server.port`: none on loopback, the operator's own certificate where `tls` names one, else ours. */
export async function apiTls(configuration: Configuration, pki: Pki): Promise<ServerOptions | null> {
  if (isPlain(configuration)) return null
  const { cert_file, key_file, ca_file } = configuration.tls
  if (cert_file === null || key_file === null) {
    const { certificatePem, keyPem } = pki.identity()
    return { cert: certificatePem, key: keyPem, minVersion: 'TLSv1.3' }
  }
  const [cert, key] = [await read('tls.cert_file', cert_file), await read('tls.key_file', key_file)]
  const chain = ca_file === null ? '' : `\n${await read('tls.ca_file', ca_file)}`
  refuseMismatch(cert, key, cert_file)
  return { cert: cert + chain, key, minVersion: 'TLSv1.3' }
}

async function read(key: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Fault(
      'configuration-invalid',
      `${key}: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  })
}

function refuseMismatch(cert: string, key: string, file: string): void {
  let words = 'the private key in tls.key_file does not belong to it'
  try {
    const certificate = new X509Certificate(cert)
    if (new Date(certificate.validTo) < new Date()) words = `it expired on ${certificate.validTo}`
    else if (certificate.checkPrivateKey(createPrivateKey(key))) return
  } catch (error) {
    words = error instanceof Error ? error.message : String(error)
  }
  throw new Fault('configuration-invalid', `tls.cert_file: ${file} cannot be used: ${words}`)
}
