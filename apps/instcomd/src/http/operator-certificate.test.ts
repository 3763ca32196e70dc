import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dayMs, exportKey, keyAlgorithm, makeSerial, x509 } from '../pki/x509.ts'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd, type TestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const database = await makeTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'slipway-certificates-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const authority = await makeCertificate('an operator’s authority', {})
const intermediate = await makeCertificate('their intermediate', { issuer: authority, isAuthority: true })
const good = await makeCertificate('slipway.example.com', { issuer: intermediate })
const other = await makeCertificate('other.example.com', { issuer: intermediate })
const expired = await makeCertificate('slipway.example.com', { issuer: intermediate, from: -10, to: -1 })
const early = await makeCertificate('slipway.example.com', { issuer: intermediate, from: 1, to: 10 })

interface Made {
  readonly certificate: x509.X509Certificate
  readonly keys: CryptoKeyPair
  readonly cert: string
  readonly key: string
}

/** Days from now; without an issuer an authority that signs itself. */
async function makeCertificate(
  name: string,
  options: { issuer?: Made; isAuthority?: boolean; from?: number; to?: number },
): Promise<Made> {
  const { issuer, from = -1, to = 30, isAuthority = !issuer } = options
  const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: `CN=${name}`,
    issuer: issuer?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(Date.now() + from * dayMs),
    notAfter: new Date(Date.now() + to * dayMs),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...(isAuthority ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])]),
    ],
  })
  return { certificate, keys, cert: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) }
}

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text, { mode: 0o600 })
  return join(folder, name)
}

function start(files: Readonly<Record<string, string>>): Promise<TestInstcomd> {
  const flags = Object.entries(files).flatMap(([key, file]) => ['--set', `tls.${key}=${file}`])
  return startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain(), flags })
}

test('the API speaks TLS 1.3 with the operator’s certificate and its chain, on loopback too', async () => {
  const server = await start({
    cert_file: await write('good.pem', good.cert),
    key_file: await write('good.key', good.key),
    ca_file: await write('chain.pem', intermediate.cert),
  })
  try {
    expect(server.url).toBe(`https://127.0.0.1:${server.apiPort}`)
    // A client that knows the authority alone: the intermediate has to come with the certificate.
    const options = { ca: authority.cert, servername: 'slipway.example.com', minVersion: 'TLSv1.3' as const }
    const status = await new Promise((resolve, reject) => {
      get(`https://127.0.0.1:${server.apiPort}/health`, options, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on('error', reject)
    })
    expect(status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${server.apiPort}/health`)).rejects.toThrow('fetch failed')
  } finally {
    await server.stop()
  }
})

const encrypted = createPrivateKey(good.key).export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'p',
})

test.each([
  [
    'the key of another certificate',
    good.cert,
    other.key,
    /tls\.key_file: .* is not the key of the certificate in .*; name the key/,
  ],
  ['an expired certificate', expired.cert, expired.key, /tls\.cert_file: .* expired on .* GMT; renew it/],
  [
    'one that is not valid yet',
    early.cert,
    early.key,
    /tls\.cert_file: .* is not valid before .* GMT; check the clock/,
  ],
  ['a certificate file that is none', 'hello\n', good.key, /tls\.cert_file: .* no PEM certificate; give a file/],
  ['files that were swapped', good.key, good.cert, /tls\.cert_file: .* holds a private key; give a file/],
  ['a key file that is none', good.cert, 'hello\n', /tls\.key_file: .* no PEM private key; give a file/],
  ['a key under a passphrase', good.cert, String(encrypted), /tls\.key_file: .* passphrase; openssl pkey/],
  ['a file that is not there', good.cert, null, /tls\.key_file: .* cannot be read: ENOENT.*; correct the path/],
])('%s is refused at the start, with the file, the reason and the cure', async (_name, cert, key, words) => {
  const key_file = key === null ? join(folder, 'nowhere.key') : await write('bad.key', key)
  const refused = await start({ cert_file: await write('bad.pem', cert), key_file }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'configuration-invalid', message: expect.stringMatching(words) })
  // No line of a key may get into a message.
  const secret = (await readFile(join(folder, 'good.key'), 'utf8')).split('\n')[1] ?? 'none'
  expect(String(refused)).not.toContain(secret)
})
