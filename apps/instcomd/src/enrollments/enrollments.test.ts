import { createHash, X509Certificate } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { enrolmentProof, parseEnrolmentToken, type SelfEnrolment } from '@slipway/protocol'
import { afterAll, expect, test } from 'vitest'
import { keyAlgorithm, x509 } from '../pki/x509.ts'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { FailureLimit } from './failure-limit.ts'

const database = await makeTestDatabase()
const domain = makeEmptyDomain()
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: domain })
afterAll(() => server.stop())
const ca = await (await fetch(`${server.url}/ca.crt`)).text()
const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
const csr = (
  await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=x', keys, signingAlgorithm: keyAlgorithm })
).toString('pem')
const ownFingerprint = 'ab'.repeat(32)

interface Made {
  id: string
  token: string
  ca_pem: string
  instcomd: string[]
}

async function makeToken(body: Record<string, unknown> = {}): Promise<Made> {
  const response = await server.call('/api/enrollments', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  expect(response.status).toBe(201)
  return (await response.json()) as Made // the route's own schema shaped it
}

async function shake(): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: server.machinePort, ca, minVersion: 'TLSv1.3' })
  await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed))
  return socket
}

const shaken = await shake()
const serverCertificate = shaken.getPeerX509Certificate()
const instcomdFingerprint = createHash('sha256')
  .update(serverCertificate?.raw ?? '')
  .digest('hex')
const serverNames = serverCertificate?.subjectAltName
shaken.destroy()

async function enrol(
  token: string,
  change: Partial<SelfEnrolment> = {},
): Promise<{ status: number; body: { error?: { code: string; message: string }; certificate_pem?: string } }> {
  const { id, secret } = parseEnrolmentToken(token) ?? { id: '', secret: '' }
  const mac = await enrolmentProof({
    secret,
    role: 'machine',
    instcomdFingerprint,
    machineFingerprint: ownFingerprint,
    instcomdNonce: '',
    machineNonce: 'n',
  })
  const body = {
    token_id: id,
    csr_pem: csr,
    machine_id: 'm-1',
    port: 8443,
    fingerprint: ownFingerprint,
    nonce: 'n',
    mac,
    ...change,
  }
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      { host: '127.0.0.1', port: server.machinePort, ca, path: '/api/enroll', method: 'POST', headers },
      (response) => {
        let answer = ''
        response.on('data', (chunk) => (answer += String(chunk)))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) as never })) // errors and answers alike
      },
    )
    sent.on('error', reject).end(text)
  })
}

test('a machine with a token gets a certificate under its own name, and the domain hears of it', async () => {
  const { token, ca_pem, instcomd } = await makeToken()
  expect(ca_pem).toBe(ca)
  expect(instcomd).toEqual([`https://127.0.0.1:${server.machinePort}`])
  expect(serverNames).toContain('URI:slipway:instcomd/')
  const { status, body } = await enrol(token)
  expect(status).toBe(200)
  const certificate = new X509Certificate(body.certificate_pem ?? '')
  expect(certificate.subjectAltName).toBe('URI:slipway:machine/m-1')
  expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(true)
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex')
  expect(domain.enrolled.at(-1)).toEqual({ machineId: 'm-1', address: '127.0.0.1', port: 8443, fingerprint })
})

test('the token’s secret is stored sealed and shown once', async () => {
  const { id, token } = await makeToken()
  const secret = parseEnrolmentToken(token)?.secret ?? ''
  const [row] = await database.query<{ all: string }>(
    'SELECT to_jsonb(t)::text AS all FROM enrolment_tokens t WHERE id = $1',
    [id],
  )
  expect(secret).toHaveLength(64)
  expect(row?.all).not.toContain(secret)
  expect(await (await server.call('/api/enrollments')).text()).not.toContain(secret)
})

test('an expired token is refused and says so, but only to who proves to hold it', async () => {
  const { id, token } = await makeToken()
  await database.query("UPDATE enrolment_tokens SET expires_at = now() - interval '1 second' WHERE id = $1", [id])
  const refused = await enrol(token)
  expect(refused).toMatchObject({ status: 403, body: { error: { code: 'enrolment-refused' } } })
  expect(refused.body.error?.message).toContain('expired on')
  const stranger = await enrol(token, { mac: '0'.repeat(64) })
  expect(stranger.body.error?.message).toContain('not known here, or its proof is wrong')
})

test('a proof for another server’s certificate or another key is wrong', async () => {
  const { token } = await makeToken()
  expect((await enrol(token, { fingerprint: 'cd'.repeat(32) })).status).toBe(403)
  expect((await enrol(token, { nonce: 'other' })).status).toBe(403)
})

test('machines are counted once each, however often they boot, and not beyond the number allowed', async () => {
  const { id, token } = await makeToken({ max_machines: 2 })
  const statuses = await Promise.all(
    ['a', 'a', 'b', 'c', 'b'].map(async (machine_id) => (await enrol(token, { machine_id })).status),
  )
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3)
  const [row] = await database.query<{ count: number }>(
    'SELECT count(*) AS count FROM enrolment_uses WHERE token_id = $1',
    [id],
  )
  expect(row?.count).toBe(2)
  expect((await enrol(token, { machine_id: 'd' })).body.error?.message).toContain('used up')
})

test('a token is good only for the networks it names', async () => {
  const elsewhere = await makeToken({ allowed_networks: ['192.0.2.0/24', 'fd00::/8'] })
  expect((await enrol(elsewhere.token)).body.error?.message).toContain('not good for 127.0.0.1')
  const here = await makeToken({ allowed_networks: ['127.0.0.0/8'] })
  expect((await enrol(here.token)).status).toBe(200)
  const wrong = await server.call('/api/enrollments', {
    method: 'POST',
    body: '{"allowed_networks":["10.0.0.0/99"]}',
    headers: { 'content-type': 'application/json' },
  })
  expect(wrong.status).toBe(400)
})

test('the machine listener has nothing else: no API, no plain HTTP', async () => {
  await expect(fetch(`http://127.0.0.1:${server.machinePort}/health`)).rejects.toThrow('fetch failed')
  const status = await new Promise((resolve, reject) =>
    httpsRequest({ host: '127.0.0.1', port: server.machinePort, ca, path: '/api/machines' }, (response) =>
      resolve(response.statusCode),
    )
      .on('error', reject)
      .end(),
  )
  expect(status).toBe(404)
})

test('ten failures within a minute close the door for an address, and only for it', () => {
  let now = 0
  const limit = new FailureLimit(() => now)
  for (let index = 0; index < 10; index += 1) {
    limit.check('a')
    limit.failed('a')
  }
  expect(() => limit.check('a')).toThrow('too many refused attempts')
  limit.check('b')
  now += 61_000
  limit.check('a')
})
