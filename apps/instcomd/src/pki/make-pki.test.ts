import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault, silentLogger } from '@slipway/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { makePki } from './make-pki.ts'
import { makeSecrets } from './make-secrets.ts'
import { openSecrets, readMasterKey } from './master-key.ts'
import { x509 } from './x509.ts'

const database = await makeTestDatabase()
const secrets = await openSecrets(database, Buffer.alloc(32, 7))
const open = () =>
  makePki({
    database,
    secrets,
    logger: silentLogger,
    instanceId: 'one',
    hosts: { dns: ['localhost'], ip: ['127.0.0.1', '::1'] },
  })
const pki = await open()
const day = 24 * 3_600_000

async function makeRequest(): Promise<string> {
  const keys = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  if (!('privateKey' in keys)) throw new TypeError('no pair')
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=whatever it asks for',
    keys,
    signingAlgorithm: { name: 'Ed25519' },
  })
  return request.toString('pem')
}

test('the own certificate carries the URI, every name and address, and is good from yesterday for thirty days', () => {
  const { certificatePem, keyPem, fingerprint } = pki.identity()
  const certificate = new X509Certificate(certificatePem)
  expect(certificate.subjectAltName).toContain('URI:slipway:instcomd/one')
  expect(certificate.checkHost('localhost')).toBe('localhost')
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(certificate.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true)
  expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true)
  expect(createHash('sha256').update(certificate.raw).digest('hex')).toBe(fingerprint)
  const days = (text: string) => Math.round((new Date(text).getTime() - Date.now()) / day)
  expect([days(certificate.validFrom), days(certificate.validTo)]).toEqual([-1, 30])
})

test('two instances that start together share one CA', async () => {
  const [one, two] = await Promise.all([open(), open()])
  expect(one.caPem).toBe(pki.caPem)
  expect(two.caPem).toBe(pki.caPem)
})

test('a machine’s request is signed under the name that instcomd gives, not the one it asks for, and can be revoked', async () => {
  const issued = await pki.issue({ csrPem: await makeRequest(), uri: 'slipway:machine/m-1' })
  const certificate = new X509Certificate(issued.certificatePem)
  expect(certificate.subjectAltName).toBe('URI:slipway:machine/m-1')
  expect(certificate.serialNumber.toLowerCase()).toBe(issued.serial)
  expect(certificate.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true)
  expect(await pki.isRevoked(certificate.serialNumber)).toBe(false)
  await pki.revoke(certificate.serialNumber, 'lost')
  expect(await pki.isRevoked(certificate.serialNumber)).toBe(true)
})

test('a request whose signature was not made by its key is refused', async () => {
  const der = Buffer.from(x509.PemConverter.decode(await makeRequest())[0] ?? new ArrayBuffer(0))
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1)
  const forged = x509.PemConverter.encode(der, 'CERTIFICATE REQUEST')
  await expect(pki.issue({ csrPem: forged, uri: 'slipway:machine/m-2' })).rejects.toMatchObject({
    code: 'certificate-refused',
  })
  await expect(pki.issue({ csrPem: 'no PEM', uri: 'slipway:machine/m-2' })).rejects.toMatchObject({
    code: 'certificate-refused',
  })
})

test('the own certificate is renewed in place and whoever serves it hears of it', async () => {
  const own = await open()
  const before = own.identity().fingerprint
  let told = 0
  const stop = own.onRenewed(() => (told += 1))
  await own.renew()
  stop()
  await own.renew()
  expect(own.identity().fingerprint).not.toBe(before)
  expect(told).toBe(1)
})

test('an instance with another master key refuses to start', async () => {
  await expect(openSecrets(database, Buffer.alloc(32, 8))).rejects.toMatchObject({ code: 'master-key-mismatch' })
})

test('the master key is made once, for its owner alone', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-key-'))
  const key = await readMasterKey({ file: null, dataDir })
  expect((await stat(join(dataDir, 'master.key'))).mode & 0o777).toBe(0o600)
  expect(await readMasterKey({ file: null, dataDir })).toEqual(key)
  await expect(readMasterKey({ file: join(dataDir, 'none'), dataDir })).rejects.toMatchObject({
    code: 'configuration-invalid',
  })
  await rm(dataDir, { recursive: true })
})

test('sealed text opens only whole, in its context and with its key', () => {
  const one = makeSecrets(Buffer.alloc(32, 1))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(), (plain, context, at) => {
      const sealed = one.encrypt(plain, context)
      expect(one.decrypt(sealed, context)).toBe(plain)
      expect(() => one.decrypt(sealed, `${context}x`)).toThrow(Fault)
      const [, , body = ''] = sealed.split(':')
      const bytes = Buffer.from(body, 'base64')
      const index = at % bytes.length
      bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index)
      expect(() => one.decrypt(`v1:${one.keyId}:${bytes.toString('base64')}`, context)).toThrow(Fault)
    }),
    { numRuns: 50 },
  )
  expect(() => makeSecrets(Buffer.alloc(32, 2)).decrypt(one.encrypt('x', 'c'), 'c')).toThrow(/master key/)
})

test('keys of other kinds can be used as well: the CA signs whatever public key proves itself', async () => {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const privateKey = await crypto.subtle.importKey('pkcs8', pair.privateKey, algorithm, true, ['sign'])
  const publicKey = await new x509.PublicKey(pair.publicKey).export(algorithm, ['verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=x',
    keys: { privateKey, publicKey },
    signingAlgorithm: algorithm,
  })
  const issued = await pki.issue({ csrPem: request.toString('pem'), uri: 'slipway:agent/a' })
  expect(new X509Certificate(issued.certificatePem).publicKey.asymmetricKeyType).toBe('rsa')
})
