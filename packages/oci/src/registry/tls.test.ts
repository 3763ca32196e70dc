import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseReference } from '../reference.ts'
import { makeRoot } from '../testing/test-layer.ts'
import { sampleImage } from '../testing/test-registry.ts'
import { makeRegistryClient } from './client.ts'
import type { RegistryOptions } from './options.ts'
import { probeRegistry } from './probe-registry.ts'

// 0.0.0.0 reaches this machine on Linux but is not one of the loopback names that go unverified.
let host = ''
let ca = ''
let dir = ''
let server: https.Server
const asked: (string | undefined)[] = []

beforeAll(async () => {
  dir = await makeRoot()
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]
  const subject = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:0.0.0.0,IP:127.0.0.1']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      ...subject,
    ],
    { stdio: 'ignore' },
  )
  ca = readFileSync(cert, 'utf8')
  const { content } = await sampleImage('demo')
  server = https.createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    asked.push(request.headers.authorization)
    const found = content.get(request.url ?? '')
    if (found === undefined) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': found.type }).end(found.bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  host = `0.0.0.0:${(server.address() as AddressInfo).port}` // a listening TCP server has one
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(dir, { recursive: true })
})

async function resolve(options?: Partial<RegistryOptions>, name = host): Promise<string> {
  const registries = options === undefined ? {} : { [name]: { mirrors: [], insecure: false, ...options } }
  const client = makeRegistryClient({ registries, retry: { firstMs: 1, capMs: 1, tries: 2 } })
  try {
    return (
      await client.resolve(
        parseReference(`oci://${name}/demo`),
        { os: 'linux', architecture: 'amd64' },
        AbortSignal.timeout(10_000),
      )
    ).digest
  } finally {
    client.close()
  }
}

describe('a registry over TLS', () => {
  it('is refused when nobody vouches for its certificate, after one try and before any request', async () => {
    asked.length = 0
    await expect(resolve()).rejects.toMatchObject({
      code: 'certificate-refused',
      details: {
        attempts: [{ attempt: 1, delay_ms: null }],
        tried: [
          { stage: 'route', ok: true },
          { stage: 'dns', ok: true },
          { stage: 'tcp', ok: true },
          { stage: 'tls', ok: false, detail: expect.stringContaining('self-signed') },
        ],
      },
    })
    expect(asked).toEqual([])
  })

  it('is trusted by its authority', async () => {
    expect(await resolve({ ca })).toMatch(/^sha256:/)
    const stages = await probeRegistry(host, { ca }, AbortSignal.timeout(5000))
    expect(stages.map(({ stage, ok }) => `${stage} ${ok}`)).toEqual([
      'route true',
      'dns true',
      'tcp true',
      'tls true',
      'http true',
    ])
  })

  it('is taken unverified where that is allowed, and on loopback', async () => {
    expect(await resolve({ insecure: true })).toMatch(/^sha256:/)
    expect(await resolve(undefined, host.replace('0.0.0.0', '127.0.0.1'))).toMatch(/^sha256:/)
  })

  it('is never asked in plain HTTP when it may not be', async () => {
    const plain = http.createServer((_, response) => response.end('{}'))
    await new Promise<void>((done) => plain.listen(0, '0.0.0.0', done))
    const name = `0.0.0.0:${(plain.address() as AddressInfo).port}`
    await expect(resolve({ username: 'ann', password: 'x' }, name)).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('TLS'),
    })
    plain.closeAllConnections()
    await new Promise((done) => plain.close(done))
  })
})
