import 'reflect-metadata' // @peculiar/x509 needs it loaded first
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hourMs = 3_600_000

export interface Issued {
  readonly certificatePem: string
  readonly keyPem: string
}

/** An authority for tests that signs as instcomd's does: URI names, both usages. */
export interface TestCa {
  readonly caPem: string
  issue(uri: string, options?: { notAfter?: Date; usage?: 'client' | 'server' }): Promise<Issued>
  signRequest(csrPem: string, uri: string): Promise<string>
}

export async function makeTestCa(name = 'Test CA'): Promise<TestCa> {
  const keys = await makeKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + 24 * hourMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  })
  let serial = 1
  const sign = async (publicKey: x509.PublicKeyType, uri: string, notAfter: Date, usages: string[]) => {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (serial += 1).toString(16).padStart(4, '0'),
      subject: 'CN=test',
      issuer: ca.subject,
      notBefore: new Date(Date.now() - hourMs),
      notAfter,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      publicKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'url', value: uri },
          { type: 'ip', value: '127.0.0.1' },
        ]),
        new x509.ExtendedKeyUsageExtension(usages),
      ],
    })
    return certificate.toString('pem')
  }
  const soon = () => new Date(Date.now() + hourMs)
  const both = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']
  return {
    caPem: ca.toString('pem'),
    async issue(uri, options = {}) {
      const own = await makeKeys()
      const usages = options.usage === undefined ? both : options.usage === 'server' ? both.slice(0, 1) : both.slice(1)
      const certificatePem = await sign(own.publicKey, uri, options.notAfter ?? soon(), usages)
      const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey))
      return { certificatePem, keyPem: x509.PemConverter.encode(der, 'PRIVATE KEY') }
    },
    async signRequest(csrPem, uri) {
      const request = new x509.Pkcs10CertificateRequest(csrPem)
      if (!(await request.verify())) throw new Error('the request is not signed by its own key')
      return sign(request.publicKey, uri, soon(), both)
    },
  }
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
