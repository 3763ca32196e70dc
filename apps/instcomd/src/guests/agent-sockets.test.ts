import { X509Certificate } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { makeDomain } from '../domain.ts'
import { makeSecrets } from '../pki/make-secrets.ts'
import { exportKey, fingerprintOf, importKey, keyAlgorithm, x509 } from '../pki/x509.ts'
import { RawWebSocket } from '../testing/raw-websocket.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const database = await makeTestDatabase()
const quiet = ['--set', 'discovery.interface=127.0.0.1', '--set', 'discovery.port=19912']
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain, flags: quiet })
afterAll(() => server.stop())
const ca = await (await fetch(`${server.url}/ca.crt`)).text()
const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
const key = await exportKey(keys.privateKey)
const csr = (
  await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=x', keys, signingAlgorithm: keyAlgorithm })
).toString('pem')

type Body = Record<string, unknown> & { error?: { code: string; message: string } }
type Answer = { status: number; body: Body }

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await server.call(path, { method, ...init })
  return { status: response.status, body: (await response.json()) as Body } // errors and answers alike
}

/** A POST to the machine listener, with a certificate or without. */
async function post(path: string, body: unknown, certificate?: string): Promise<Answer> {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  const tls = certificate === undefined ? {} : { cert: certificate, key }
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: server.machinePort,
      ca,
      path,
      method: 'POST',
      headers,
      agent: false,
      ...tls,
    }
    const sent = httpsRequest(options, (response) => {
      let answer = ''
      response.on('data', (chunk) => (answer += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) as Body }))
    })
    sent.on('error', reject).end(text)
  })
}

async function makeGuest(id: string): Promise<string> {
  expect((await call('POST', '/api/machines', { kind: 'virtual', id, name: id })).status).toBe(201)
  const made = await call('POST', `/api/guests/${id}/tokens`)
  expect(made.status).toBe(201)
  return String(made.body.token)
}

const enroll = (machine_id: string, token: string) => post('/api/agent/enroll', { machine_id, token, csr_pem: csr })

async function enrolled(id: string): Promise<string> {
  return String((await enroll(id, await makeGuest(id))).body.certificate_pem)
}

const open = (certificate: string) =>
  RawWebSocket.open({ port: server.machinePort, path: '/api/agent', ca, cert: certificate, key })

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(20)
}

function handshake(vm_id: string): string {
  const timestamp = new Date().toISOString()
  const who = { vm_id, version: '1', platform: 'windows', arch: 'x64', boot_id: 'b', protocol: 2, capabilities: [] }
  return JSON.stringify({ type: 'handshake', timestamp, ...who })
}

test('a token enrols its own machine once; the certificate names the agent', async () => {
  const token = await makeGuest('ws-enroll')
  await makeGuest('ws-another')
  expect(await enroll('ws-another', token)).toMatchObject({
    status: 403,
    body: { error: { code: 'enrolment-refused' } },
  })
  expect((await post('/api/agent/enroll', { machine_id: 'ws-enroll', token, csr_pem: 'none' })).status).toBe(403)
  const { status, body } = await enroll('ws-enroll', token)
  expect(status).toBe(200)
  expect(new X509Certificate(String(body.certificate_pem)).subjectAltName).toBe('URI:slipway:agent/ws-enroll')
  expect((await enroll('ws-enroll', token)).body.error?.message).toContain('it was used')
})

test('an agent is linked over WebSocket with its certificate, and not without, nor with a machine’s', async () => {
  const certificate = await enrolled('ws-link')
  const socket = await open(certificate)
  socket.send(`\n${handshake('ws-link')}`)
  await until(() => socket.messages.length > 0)
  expect(JSON.parse(socket.messages[0] ?? '')).toMatchObject({ type: 'handshake_ack' })
  const guest = await call('GET', '/api/guests/ws-link')
  expect(guest.body).toMatchObject({ state: 'connected', link: 'websocket', platform: 'windows' })
  await expect(RawWebSocket.open({ port: server.machinePort, path: '/api/agent', ca })).rejects.toThrow('403')
  socket.send(handshake('ws-other'))
  await until(() => socket.messages.length > 1)
  expect(socket.messages[1]).toContain('this link belongs to ws-link')
  const again = await open(certificate) // the agent restarted and the old connection was not seen to end
  again.send(handshake('ws-link'))
  await until(() => again.messages.length > 0 && socket.closed !== null)
  expect(socket.closed?.reason).toContain('another link')
  again.destroy()
  await until(async () => (await call('GET', '/api/guests/ws-link')).body.state === 'disconnected')
})

test('a revoked certificate is refused at connect and ends a live link', async () => {
  const certificate = await enrolled('ws-revoked')
  const socket = await open(certificate)
  socket.send(handshake('ws-revoked'))
  await until(() => socket.messages.length > 0)
  const serial = new X509Certificate(certificate).serialNumber.toLowerCase()
  await database.query("UPDATE certificates SET revoked_at = now(), reason = 'test' WHERE serial = $1", [serial])
  await until(() => socket.closed !== null)
  expect(socket.closed?.reason).toContain('revoked')
  await expect(open(certificate)).rejects.toThrow('was revoked')
  expect((await post('/api/agent/renew', { csr_pem: csr }, certificate)).status).toBe(403)
})

/** A certificate of the server's own CA that ended so many days ago. */
async function expired(id: string, days: number): Promise<string> {
  const [row] = await database.query<{ sealed: string }>("SELECT sealed FROM keys WHERE kind = 'ca'")
  const signingKey = await importKey(makeSecrets(Buffer.alloc(32, 5)).decrypt(row?.sealed ?? '', 'key:ca'))
  const ends = Date.now() - days * 86_400_000
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '4242',
    subject: 'CN=x',
    issuer: new x509.X509Certificate(ca).subject,
    notBefore: new Date(ends - 86_400_000),
    notAfter: new Date(ends),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: keyAlgorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `slipway:agent/${id}` }])],
  })
  expect(await fingerprintOf(certificate)).toHaveLength(64)
  return certificate.toString('pem')
}

test('a certificate that expired up to 180 days ago is good for its renewal alone', async () => {
  const certificate = await enrolled('ws-renew')
  const renewed = await post('/api/agent/renew', { csr_pem: csr }, certificate)
  expect(renewed.status).toBe(200)
  expect(new X509Certificate(String(renewed.body.certificate_pem)).subjectAltName).toBe('URI:slipway:agent/ws-renew')
  const old = await expired('ws-renew', 179)
  expect((await post('/api/agent/renew', { csr_pem: csr }, old)).status).toBe(200)
  await expect(open(old)).rejects.toThrow('403')
  const tooOld = await post('/api/agent/renew', { csr_pem: csr }, await expired('ws-renew', 181))
  expect(tooOld.body.error?.message).toContain('too long ago')
  expect((await post('/api/agent/renew', { csr_pem: csr })).status).toBe(403)
})
