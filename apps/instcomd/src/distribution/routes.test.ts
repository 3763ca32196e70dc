import { once } from 'node:events'
import { rename, truncate, writeFile } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { canonicalJson, silentLogger } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { makeMetrics } from '../metrics/make-metrics.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { hashSecret } from '../users/secret-text.ts'
import { Access } from './access.ts'
import { makeAgentRelease } from './agent-release.ts'
import { readMetadata } from './metadata.ts'
import { openPlainListeners, parseListenAddress } from './plain-listeners.ts'
import { makeDistributionBench } from './testing/distribution-bench.ts'

const linux = 'binaries/linux/infiniservice'

describe('the errors that published clients match on', () => {
  it.each([
    ['/infiniservice/macos/binary', 400, 'Invalid platform. Must be "windows" or "linux"'],
    ['/infiniservice/macos/script', 400, 'Invalid platform. Must be "windows" or "linux"'],
    ['/infiniservice/linux/binary', 404, 'Binary not found for platform: linux'],
    ['/infiniservice/windows/binary', 404, 'Binary not found for platform: windows'],
    ['/infiniservice/windows/binary?arch=arm64', 404, 'Binary not found for platform: windows'],
    ['/infiniservice/windows/script', 404, 'Installation script not found for platform: windows'],
    ['/infiniservice/linux/script', 404, 'Installation script not found for platform: linux'],
    ['/infiniservice/linux/signature', 404, 'Signature not found for platform: linux'],
  ])('%s answers %i', async (url, status, error) => {
    const { app } = await makeDistributionBench()
    const answer = await app.inject(url)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.body).toBe(JSON.stringify({ error }))
  })

  it('answers 500 for a folder that cannot be read, without telling why', async () => {
    const { app } = await makeDistributionBench({ requireToken: true }) // the database of this bench throws
    const answer = await app.inject({ url: '/infiniservice/linux/binary', headers: { authorization: 'Bearer x' } })
    expect(answer.statusCode).toBe(500)
    expect(answer.body).toBe('{"error":"Internal server error"}')
  })
})

describe('scripts, signature and metadata', () => {
  it('sends scripts under their names and types', async () => {
    const { app, put } = await makeDistributionBench()
    await put('install/install-windows.ps1', 'param()')
    await put('install/install-linux.sh', '#!/bin/sh')
    const windows = await app.inject('/infiniservice/windows/script')
    expect(windows.headers['content-type']).toBe('text/plain')
    expect(windows.headers['content-disposition']).toBe('attachment; filename="install-windows.ps1"')
    const script = await app.inject('/infiniservice/linux/script')
    expect(script.headers['content-type']).toBe('application/x-sh')
    expect(script.headers['content-disposition']).toBe('attachment; filename="install-linux.sh"')
    expect(script.body).toBe('#!/bin/sh')
  })

  it('derives metadata from the files; metadata.json overrides the version, and its signature holds for these files only', async () => {
    const { app, files, put } = await makeDistributionBench()
    await put(linux, 'agent')
    const derived = await readMetadata(files)
    expect(derived).toMatchObject({ version: '0.0.0', platforms: ['linux'], signature: null })
    expect(derived.artifacts).toEqual([
      {
        platform: 'linux',
        arch: 'x64',
        kind: 'binary',
        path: linux,
        size: 5,
        sha256: 'd4f0bc5a29de06b510f9aa428f1eedba926012b591fef7a518e776a7c9bd1824',
      },
    ])
    await put('metadata.json', canonicalJson({ version: '1.2.3', artifacts: derived.artifacts, signature: 'signed' }))
    expect((await app.inject('/infiniservice/metadata')).json()).toMatchObject({
      version: '1.2.3',
      signature: 'signed',
    })
    await put(linux, 'another agent')
    const changed = await readMetadata(files)
    expect(changed).toMatchObject({ version: '1.2.3', signature: null })
    expect(changed.artifacts[0]?.size).toBe(13)
    await put('metadata.json', '{"version": 7')
    expect((await readMetadata(files)).version).toBe('0.0.0')
  })

  it('tells of a release only when it is signed', async () => {
    const { app, files, put } = await makeDistributionBench()
    const release = makeAgentRelease(files, () => 'http://192.0.2.1')
    await put('binaries/linux-arm64/infiniservice', 'agent')
    expect(await release.current('linux', 'aarch64')).toBeNull()
    await put('binaries/linux-arm64/infiniservice.minisig', 'signature')
    await put('metadata.json', '{"version":"1.2.3"}')
    expect(await release.current('linux', 'aarch64')).toEqual({
      version: '1.2.3',
      sha256: 'd4f0bc5a29de06b510f9aa428f1eedba926012b591fef7a518e776a7c9bd1824',
      signature: 'signature',
      url: 'http://192.0.2.1/infiniservice/linux/binary?arch=arm64',
    })
    expect(await release.current('windows', 'arm64')).toBeNull()
    expect(await release.current('linux', 'mips')).toBeNull()
    expect((await app.inject('/infiniservice/linux/signature?arch=arm64')).body).toBe('signature')
  })
})

describe('access', () => {
  it('refuses addresses outside of the allowed networks', async () => {
    const { app, put } = await makeDistributionBench({ allowedNetworks: ['192.0.2.0/24', 'fe80::/10'] })
    await put('install/install-linux.sh', 'x')
    const from = (remoteAddress: string) => app.inject({ url: '/infiniservice/linux/script', remoteAddress })
    for (const near of ['192.0.2.7', '::ffff:192.0.2.7', 'fe80::1%eth0'])
      expect((await from(near)).statusCode).toBe(200)
    const far = await from('198.51.100.1')
    expect(far.statusCode).toBe(403)
    expect(far.json()).toEqual({ error: 'This address is in none of distribution.allowed_networks' })
  })

  it('wants a machine’s token until its handshake, and lets readers in; health answers that machine alone', async () => {
    const database = await makeTestDatabase()
    const { app, put } = await makeDistributionBench({ requireToken: true, database })
    await put('install/install-linux.sh', 'x')
    await database.query("INSERT INTO machines (machine_id) VALUES ('vm-1')")
    await database.query(
      `INSERT INTO agent_tokens (secret_hash, machine_id, created_by, expires_at) VALUES
       ($1, 'vm-1', 'test', now() + interval '1 day'), ($2, 'vm-1', 'test', now() - interval '1 second')`,
      [hashSecret('agent_good'), hashSecret('agent_old')],
    )
    const ask = async (url: string, token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      return app.inject({ url, headers })
    }
    const script = '/infiniservice/linux/script'
    expect((await ask(script)).statusCode).toBe(401)
    expect((await ask(script)).headers['www-authenticate']).toBe('Bearer')
    expect((await ask(script, 'agent_old')).statusCode).toBe(401)
    expect((await ask(script, 'agent_good')).statusCode).toBe(200)
    expect((await ask(`${script}?token=agent_good`)).statusCode).toBe(200)
    const health = '/infiniservice/health/vm-1'
    expect((await ask(health)).statusCode).toBe(401)
    expect((await ask('/infiniservice/health/vm-2', 'agent_good')).statusCode).toBe(401)
    expect((await ask(health, 'agent_good')).json()).toEqual({
      vm_id: 'vm-1',
      seen: false,
      connected: false,
      version: null,
      last_contact: null,
    })
    await database.query(
      "INSERT INTO guests (machine_id, agent_version, last_contact) VALUES ('vm-1', '1.0.0', '2026-01-01T00:00:00Z')",
    )
    await database.query('UPDATE agent_tokens SET used_at = now()')
    expect((await ask(health, 'agent_good')).json()).toMatchObject({
      seen: true,
      version: '1.0.0',
      last_contact: '2026-01-01T00:00:00.000Z',
    })
    expect((await ask(script, 'agent_good')).statusCode).toBe(401)
  })

  it('bounds the downloads of one address and of all', async () => {
    const { app, put } = await makeDistributionBench({ limits: { total: 2, perAddress: 1 } })
    await put(linux, Buffer.alloc(50 << 20)) // more than the sockets buffer
    await app.listen({ port: 0 })
    const port = (app.server.address() as { port: number }).port // it listens on TCP
    const slow = await startDownload(port)
    const second = await fetch(`http://127.0.0.1:${port}/infiniservice/linux/binary`)
    expect(second.status).toBe(429)
    expect(second.headers.get('retry-after')).toBe('5')
    slow.destroy()
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${port}/infiniservice/metadata`)).status, { timeout: 10_000 })
      .toBe(200)
  })
})

describe('a file that is replaced while it is downloaded', () => {
  it('is sent as it was when it is replaced by rename, and cut off when it is written to', async () => {
    const { app, folder, put } = await makeDistributionBench()
    const old = Buffer.alloc(50 << 20, 'old')
    await put(linux, old)
    await app.listen({ port: 0 })
    const port = (app.server.address() as { port: number }).port // it listens on TCP
    const renamed = await startDownload(port)
    await writeFile(join(folder, 'new'), 'new')
    await rename(join(folder, 'new'), join(folder, linux))
    expect((await readAll(renamed)).equals(old)).toBe(true)
    expect(await (await fetch(`http://127.0.0.1:${port}/infiniservice/linux/binary`)).text()).toBe('new')

    await put(linux, old)
    const written = await startDownload(port)
    await truncate(join(folder, linux), 40 << 20)
    await expect(readAll(written)).rejects.toThrow('aborted')
  })
})

it('opens plain listeners for /infiniservice alone, all or none', async () => {
  const { files, put } = await makeDistributionBench()
  await put('install/install-linux.sh', 'x')
  const database = await makeTestDatabase()
  const access = new Access({
    database,
    limits: { allowed_networks: [], require_token: false },
    mayRead: async () => false,
  })
  const server = { logger: silentLogger, metrics: makeMetrics() }
  const options = { files, access, database, logger: silentLogger }
  const { ports, close } = await openPlainListeners(['127.0.0.1:0', '[::1]:0'], server, options)
  const [port = 0, sixth = 0] = ports
  expect((await fetch(`http://127.0.0.1:${port}/infiniservice/linux/script`)).status).toBe(200)
  expect((await fetch(`http://[::1]:${sixth}/infiniservice/linux/script`)).status).toBe(200)
  for (const path of ['/', '/health', '/api/machines', '/metrics', '/ca.crt'])
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404)
  await expect(openPlainListeners(['127.0.0.1:0', `127.0.0.1:${port}`], server, options)).rejects.toThrow('is used by')
  await close()
  for (const wrong of ['eth0', '192.0.2.1', ':80', '192.0.2.1:99999', '::1:80'])
    expect(() => parseListenAddress(wrong)).toThrow('is not an address and a port')
})

async function startDownload(port: number): Promise<IncomingMessage> {
  const request = httpGet({ port, path: '/infiniservice/linux/binary', agent: false })
  const [response] = await once(request, 'response')
  return response as IncomingMessage // what node:http documents for this event
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer) // no encoding is set
  return Buffer.concat(pieces)
}

it('serves nothing stale from gzip after an update', async () => {
  const { app, putBinary, put } = await makeDistributionBench()
  await putBinary(linux, Buffer.from('old'))
  const get = () => app.inject({ url: '/infiniservice/linux/binary', headers: { 'accept-encoding': 'gzip' } })
  expect((await get()).headers['content-encoding']).toBe('gzip')
  await put(linux, 'new')
  expect((await get()).body).toBe('new')
  await put(`${linux}.gz`, gzipSync('new'))
  expect((await get()).headers['content-encoding']).toBe('gzip')
})
