import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeAgentIdentity } from '../../enrolment/agent-identity.ts'
import { startAgentServer, type AgentServer } from '../../testing/agent-server.ts'
import { makeTestCa, type TestCa } from '../../testing/test-ca.ts'
import type { AgentLink } from '../agent-link.ts'
import { makeWebSocketLink } from './websocket-link.ts'

const dayMs = 86_400_000
let ca: TestCa
let folder: string
let server: AgentServer
let links: AgentLink[]

beforeAll(async () => void (ca = await makeTestCa()))
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'websocket-'))
  writeFileSync(join(folder, 'token'), 'one-time\n')
  server = await startAgentServer(ca)
  links = []
})
afterEach(async () => {
  for (const link of links) link.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

function open(more: { caPem?: string; now?: () => number } = {}) {
  const address = { hostname: '127.0.0.1', port: server.port, caPem: more.caPem ?? ca.caPem }
  const certificate = makeAgentIdentity({
    server: address,
    machineId: 'vm-1',
    folder: join(folder, 'identity'),
    tokenFile: join(folder, 'token'),
    logger: silentLogger,
    ...(more.now && { now: more.now }),
  })
  const link = makeWebSocketLink({ server: address, certificate, backoff: { firstMs: 5, capMs: 10 } })
  links.push(link)
  const peers: boolean[] = []
  const troubles: string[] = []
  let text = ''
  link.start({
    onBytes: (bytes) => (text += new TextDecoder().decode(bytes)),
    onPeer: (present) => peers.push(present),
    onDrain() {},
    onTrouble: (trouble) => troubles.push(trouble.message),
  })
  return { link, peers, troubles, text: () => text }
}

const paths = () => server.asked.map((asked) => asked.path)
const bytes = (text: string) => new TextEncoder().encode(text)

describe('the WebSocket link', () => {
  it('enrols by its token once, then carries lines both ways', async () => {
    const { link, text } = open()
    await vi.waitFor(() => expect(link.present).toBe(true))
    expect(server.asked).toMatchObject([
      { path: '/api/agent/enroll', client: '', body: { machine_id: 'vm-1', token: 'one-time' } },
    ])
    expect(existsSync(join(folder, 'token'))).toBe(false)
    expect(statSync(join(folder, 'identity', 'key.pem')).mode & 0o777).toBe(0o600)

    link.write(bytes('\n'))
    link.write(bytes('{"type":"handshake"}\n'))
    link.write(bytes(`${'x'.repeat(70_000)}\n`))
    await vi.waitFor(() => expect(server.heard.join('')).toBe(`\n{"type":"handshake"}\n${'x'.repeat(70_000)}\n`))

    const expected = ['{"type":"Metrics"}', 'y'.repeat(30), 'half whole']
    server.sockets[0]?.send('{"type":"Metrics"}')
    server.sockets[0]?.send(`${'y'.repeat(100_000)}\n`)
    server.sockets[0]?.send('half ', { fin: false })
    server.sockets[0]?.send('whole', { fin: true })
    const lines = () => text().split('\n').filter(Boolean)
    await vi.waitFor(() => expect(lines().map((line) => line.slice(0, 30))).toEqual(expected))
    expect(lines()[1]).toHaveLength(100_000)
  })

  it('answers pings', async () => {
    const { link } = open()
    await vi.waitFor(() => expect(link.present).toBe(true))
    const ponged = new Promise((resolve) => server.sockets[0]?.once('pong', (data) => resolve(data.toString())))
    server.sockets[0]?.ping('are you there')
    expect(await ponged).toBe('are you there')
  })

  it('comes back with its certificate when the server hangs up', async () => {
    const { link, peers } = open()
    await vi.waitFor(() => expect(link.present).toBe(true))
    server.sockets[0]?.close(1001, 'restart')
    await vi.waitFor(() => expect(server.sockets).toHaveLength(2))
    await vi.waitFor(() => expect(peers).toEqual([true, false, true]))
    link.reconnect()
    await vi.waitFor(() => expect(server.sockets).toHaveLength(3))
    expect(paths()).toEqual(['/api/agent/enroll'])
  })

  it('renews a certificate from half its life on, by that certificate', async () => {
    server.life = { from: Date.now() - 20 * dayMs, to: Date.now() + 10 * dayMs }
    const { link } = open()
    await vi.waitFor(() => expect(link.present).toBe(true))
    server.life = undefined
    link.reconnect()
    await vi.waitFor(() => expect(server.sockets).toHaveLength(2))
    expect(server.asked.map(({ path, client }) => [path, client])).toEqual([
      ['/api/agent/enroll', ''],
      ['/api/agent/renew', 'URI:slipway:agent/vm-1'],
    ])
  })

  it('goes on with a good certificate when renewal fails, and does not ask at every connection', async () => {
    server.life = { from: Date.now() - 20 * dayMs, to: Date.now() + 10 * dayMs }
    const { link } = open()
    await vi.waitFor(() => expect(link.present).toBe(true))
    server.refuse = 503
    for (const count of [2, 3]) {
      link.reconnect()
      await vi.waitFor(() => expect(server.sockets).toHaveLength(count))
    }
    expect(paths()).toEqual(['/api/agent/enroll', '/api/agent/renew'])
  })

  it('asks for a new token when it has neither certificate nor token', async () => {
    rmSync(join(folder, 'token'))
    const { troubles } = open()
    await vi.waitFor(() => expect(troubles).toHaveLength(1))
    expect(troubles[0]).toMatch(/put a new enrolment token into .*token/)
    expect(server.asked).toEqual([])
  })

  it('keeps its token when the server refuses it', async () => {
    server.refuse = 403
    const { troubles } = open()
    await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(0))
    expect(troubles[0]).toMatch(/answered 403/)
    expect(existsSync(join(folder, 'token'))).toBe(true)
  })

  it('says nothing, not even its token, to a server of another CA', async () => {
    const { troubles, link } = open({ caPem: (await makeTestCa()).caPem })
    await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(0))
    expect(troubles[0]).toMatch(/certificate was refused/)
    expect(link.present).toBe(false)
    expect(server.asked).toEqual([])
  })

  it.each(['slipway:machine/one', 'slipway:agent/vm-1', 'slipway:machine/x, URI:slipway:instcomd/one'])(
    'says nothing to a holder of the name %s',
    async (name) => {
      await server.close()
      server = await startAgentServer(ca, name)
      const { troubles } = open()
      await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(0))
      expect(troubles[0]).toMatch(/does not name an instcomd/)
      expect(server.asked).toEqual([])
    },
  )
})
