import 'reflect-metadata' // @peculiar/x509 needs it loaded first
import * as x509 from '@peculiar/x509'
import { createPrivateKey, createPublicKey, randomBytes, type KeyObject, type webcrypto } from 'node:crypto'
import { certificateName } from '@slipway/protocol'

const algorithm = { name: 'Ed25519' }

// A machine may start with a clock in 1970 or in the future: its own certificate must be valid at both.
const validFrom = new Date('1970-01-01T00:00:00Z')
const validTo = new Date('2199-12-31T23:59:59Z')

/** Makes the certificate that machined serves until it is enrolled: by its own key, valid at any time. PEM. */
export async function makeSelfSigned(keyPem: string, machineId: string): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16)
      .toString('hex')
      .replace(/^[89a-f]/, '7'), // positive: RFC 5280 4.1.2.2
    name: [{ CN: [machineId] }],
    notBefore: validFrom,
    notAfter: validTo,
    keys: keyPair(keyPem),
    signingAlgorithm: algorithm,
    extensions: [subjectName(machineId)],
  })
  return certificate.toString('pem')
}

/** Makes the request for a certificate of the server's CA, naming the machine by its URI. PEM. */
export async function makeCertificateRequest(keyPem: string, machineId: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [machineId] }],
    keys: keyPair(keyPem),
    signingAlgorithm: algorithm,
    extensions: [subjectName(machineId)],
  })
  return request.toString('pem')
}

/** The URI names in a certificate; parsed from the DER, because printed names can be made to mislead. */
export function uriNames(der: Uint8Array<ArrayBuffer>): string[] {
  const extension = new x509.X509Certificate(der).getExtension(x509.SubjectAlternativeNameExtension)
  return (extension?.names.items ?? []).filter((name) => name.type === 'url').map((name) => name.value)
}

function subjectName(machineId: string): x509.Extension {
  return new x509.SubjectAlternativeNameExtension([{ type: 'url', value: certificateName.machine(machineId) }])
}

/** Node's and the DOM's key types differ in name only. */
function keyPair(keyPem: string): CryptoKeyPair {
  const privateKey = createPrivateKey(keyPem)
  const pair = {
    privateKey: cryptoKey(privateKey, ['sign']),
    publicKey: cryptoKey(createPublicKey(privateKey), ['verify']),
  }
  return pair as CryptoKeyPair
}

function cryptoKey(key: KeyObject, usages: ('sign' | 'verify')[]): webcrypto.CryptoKey {
  return key.toCryptoKey(algorithm, true, usages)
}
