import 'reflect-metadata' // @peculiar/x509 needs it loaded first
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000

export interface Issued {
  readonly certificatePem: string
  readonly keyPem: string
}

/** An authority for tests that signs as instcomd's does: URI names, both usages, 30 days. */
export interface TestCa {
  readonly caPem: string
  issue(uri: string): Promise<Issued>
  signRequest(csrPem: string, uri: string, life?: { from: number; to: number }): Promise<string>
}

export async function makeTestCa(): Promise<TestCa> {
  const keys = await makeKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Test CA',
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  })
  let serial = 1
  const sign = async (publicKey: x509.PublicKeyType, uri: string, life: { from: number; to: number }) => {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (serial += 1).toString(16).padStart(4, '0'),
      subject: 'CN=test',
      issuer: ca.subject,
      notBefore: new Date(life.from),
      notAfter: new Date(life.to),
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      publicKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
        new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
      ],
    })
    return certificate.toString('pem')
  }
  const usual = () => ({ from: Date.now() - dayMs, to: Date.now() + 29 * dayMs })
  return {
    caPem: ca.toString('pem'),
    async issue(uri) {
      const own = await makeKeys()
      const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey))
      const certificatePem = await sign(own.publicKey, uri, usual())
      return { certificatePem, keyPem: x509.PemConverter.encode(der, 'PRIVATE KEY') }
    },
    async signRequest(csrPem, uri, life = usual()) {
      const request = new x509.Pkcs10CertificateRequest(csrPem)
      if (!(await request.verify())) throw new Error('the request is not signed by its own key')
      return sign(request.publicKey, uri, life)
    },
  }
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
