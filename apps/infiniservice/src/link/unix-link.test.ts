import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AgentLink } from './agent-link.ts'
import { dialUnixLink, listenUnixLink } from './unix-link.ts'

let folder: string
let path: string
let links: AgentLink[]
let servers: Server[]
let sockets: Socket[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unix-'))
  path = join(folder, 'agent.socket')
  links = []
  servers = []
  sockets = []
})
afterEach(async () => {
  for (const link of links) link.close()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

function listen(): Promise<void> {
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})))
  servers.push(server)
  return new Promise((resolve) => server.listen(path, resolve))
}

function start(link: AgentLink) {
  links.push(link)
  const state = { text: '', peers: [] as boolean[], drains: 0, troubles: [] as string[] }
  link.start({
    onBytes: (bytes) => (state.text += new TextDecoder().decode(bytes)),
    onPeer: (present) => state.peers.push(present),
    onDrain: () => (state.drains += 1),
    onTrouble: ({ message }) => state.troubles.push(message),
  })
  return state
}

describe('a dialled unix socket', () => {
  it('is dialled until somebody listens, complains once, and comes back after a loss', async () => {
    const link = dialUnixLink({ path, backoff: { firstMs: 2, capMs: 4 } })
    const state = start(link)
    await vi.waitFor(() => expect(state.troubles).toHaveLength(1))
    expect(state.troubles[0]).toMatch(/nobody listens on .*agent.socket/)
    await listen()
    await vi.waitFor(() => expect(state.peers).toEqual([true]))
    sockets[0]?.write('half a li')
    await vi.waitFor(() => expect(state.text).toBe('half a li'))
    sockets[0]?.destroy()
    await vi.waitFor(() => expect(state.peers).toEqual([true, false, true]))
  })

  it('queues for a host that does not read, and tells when there is room', async () => {
    await listen()
    const link = dialUnixLink({ path })
    const state = start(link)
    await vi.waitFor(() => expect(link.present).toBe(true))
    await vi.waitFor(() => expect(sockets).toHaveLength(1))
    const piece = new Uint8Array(1024 * 1024)
    const outcomes = Array.from({ length: 20 }, () => link.write(piece))
    expect(outcomes).toContain('queued')
    expect(outcomes.at(-1)).toBe('refused')
    let read = 0
    sockets[0]?.on('data', (bytes) => (read += bytes.length))
    await vi.waitFor(() => expect(state.drains).toBe(1))
    expect(read).toBeGreaterThan(0)
  })
})

describe('a listening unix socket', () => {
  it('serves one client at a time, as QEMU does', async () => {
    const { link, ready } = listenUnixLink(path)
    const state = start(link)
    await ready
    const first = createConnection(path)
    await vi.waitFor(() => expect(state.peers).toEqual([true]))
    const second = createConnection(path)
    await new Promise((resolve) => second.on('close', resolve).resume())
    expect(state.peers).toEqual([true])
    first.destroy()
    await vi.waitFor(() => expect(state.peers).toEqual([true, false]))
    sockets.push(createConnection(path))
    await vi.waitFor(() => expect(state.peers).toEqual([true, false, true]))
    link.close()
    await vi.waitFor(() => expect(existsSync(path)).toBe(false))
  })
})
