import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import type { AgentOutgoing, HostMessage } from '@slipway/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HostSession } from '../session/host-session.ts'
import { startFileServer, type FileServer } from '../testing/file-server.ts'
import { makeMinisignSigner } from '../testing/minisign-signer.ts'
import { makeUpdates, type UpdateOptions } from './make-updates.ts'
import { parseMinisignKey } from './minisign.ts'

const signer = makeMinisignSigner()
const newer = Buffer.from('#!/bin/sh\necho 2.0.0\n')
const stops: (() => void)[] = []
let folder: string
let program: string
let left: number
let server: FileServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'update-'))
  program = join(folder, 'infiniservice')
  writeFileSync(program, 'old')
  chmodSync(program, 0o755)
  left = 0
  server = await startFileServer(newer)
})
afterEach(async () => {
  for (const stop of stops.splice(0)) stop()
  await server.close()
  rmSync(folder, { recursive: true })
})

function agent(version: string, more: Partial<UpdateOptions> = {}) {
  const events: { message: string; update: string }[] = []
  const session: HostSession = {
    open: true,
    send(message: AgentOutgoing) {
      if (message.type !== 'agent_event') return true
      const context = message.context as { update: string } // our own event
      events.push({ message: message.message, update: context.update })
      return true
    },
  }
  const part = makeUpdates({
    program,
    version,
    stateDir: join(folder, 'state'),
    readKey: () => parseMinisignKey(signer.publicKey),
    readCa: () => null,
    isBusy: () => false,
    leave: () => (left += 1),
    logger: silentLogger,
    ...more,
  })
  stops.push(() => part.stop())
  return { part, session, events, names: () => events.map((event) => event.update) }
}

function order(file: Buffer = newer, more: Partial<HostMessage<'update'>> = {}): HostMessage<'update'> {
  const sha256 = createHash('sha256').update(file).digest('hex')
  return { type: 'update', version: '2.0.0', url: server.url, sha256, signature: signer.sign(file), ...more }
}

describe('an update', () => {
  it('is put in place, tried, and confirmed by the next handshake', async () => {
    const old = agent('1.0.0')
    old.part.onOpen?.(old.session)
    expect(old.part.onMessage(order(), old.session)).toBe(true)
    await vi.waitFor(() => expect(left).toBe(1))
    expect(old.names()).toEqual(['started'])
    expect(readFileSync(program)).toEqual(newer)
    expect(readFileSync(`${program}.previous`, 'utf8')).toBe('old')
    expect(readFileSync(`${program}.trial`, 'utf8')).toBe('version=2.0.0\nfrom=1.0.0\nstate=trial\nstarts=0\n')

    const fresh = agent('2.0.0')
    fresh.part.onOpen?.(fresh.session)
    expect(fresh.names()).toEqual(['confirmed'])
    expect(existsSync(`${program}.trial`)).toBe(false)
  })

  it('that gets no handshake takes itself back, and the old version says so', async () => {
    const old = agent('1.0.0')
    old.part.onMessage(order(), old.session)
    await vi.waitFor(() => expect(left).toBe(1))
    agent('2.0.0', { trialMs: 10 })
    await vi.waitFor(() => expect(left).toBe(2))
    expect(readFileSync(program, 'utf8')).toBe('old')

    const again = agent('1.0.0')
    again.part.onOpen?.(again.session)
    expect(again.names()).toEqual(['returned'])
    expect(again.events[0]?.message).toContain('no handshake')
    const later = agent('1.0.0')
    later.part.onOpen?.(later.session)
    expect(later.names()).toEqual([])
  })

  it.each<[string, () => HostMessage<'update'>, RegExp]>([
    ['a wrong digest', () => order(newer, { sha256: '0'.repeat(64) }), /SHA-256/],
    ['a wrong signature', () => order(newer, { signature: signer.sign(Buffer.from('another file')) }), /does not fit/],
    ['a stranger’s signature', () => order(newer, { signature: makeMinisignSigner().sign(newer) }), /by key/],
    [
      'the signature of an older version',
      () => order(newer, { signature: signer.sign(newer, { comment: 'file:infiniservice version:1.0.0' }) }),
      /signed as version 1.0.0/,
    ],
    ['another version than it says', () => order(newer, { version: '3.0.0' }), /says that it is version 2.0.0/],
    ['an address of nothing', () => order(newer, { url: server.url.replace('/file', '/none') }), /404/],
  ])('with %s changes nothing and says why', async (_name, make, why) => {
    const old = agent('1.0.0')
    old.part.onOpen?.(old.session)
    old.part.onMessage(make(), old.session)
    await vi.waitFor(() => expect(old.names()).toEqual(['started', 'failed']))
    expect(old.events[1]?.message).toMatch(why)
    expect(left).toBe(0)
    expect(readFileSync(program, 'utf8')).toBe('old')
    expect(existsSync(`${program}.trial`)).toBe(false)
    expect(existsSync(`${program}.new`)).toBe(false)
  })

  it('that was cut short on the server is refused by its digest', async () => {
    const short = await startFileServer(newer.subarray(0, 10))
    const old = agent('1.0.0')
    old.part.onOpen?.(old.session)
    old.part.onMessage(order(newer, { url: short.url }), old.session)
    await vi.waitFor(() => expect(old.names()).toEqual(['started', 'failed']))
    expect(old.events[1]?.message).toMatch(/SHA-256/)
    await short.close()
  })

  it('that does not run here is found out before the swap', async () => {
    const broken = Buffer.from('#!/bin/sh\nexit 3\n')
    const own = await startFileServer(broken)
    const old = agent('1.0.0')
    old.part.onOpen?.(old.session)
    old.part.onMessage(order(broken, { url: own.url }), old.session)
    await vi.waitFor(() => expect(old.names()).toEqual(['started', 'failed']))
    expect(old.events[1]?.message).toMatch(/does not run here/)
    expect(readFileSync(program, 'utf8')).toBe('old')
    await own.close()
  })

  it('waits for running scripts', async () => {
    let busy = true
    const looks = vi.fn(() => busy)
    const old = agent('1.0.0', { isBusy: looks, quietLookMs: 1 })
    old.part.onMessage(order(), old.session)
    await vi.waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(3))
    expect(readFileSync(program, 'utf8')).toBe('old')
    busy = false
    await vi.waitFor(() => expect(left).toBe(1))
  })

  it('to the version that runs is nothing to do', () => {
    const same = agent('2.0.0')
    same.part.onOpen?.(same.session)
    same.part.onMessage(order(), same.session)
    expect(same.names()).toEqual(['confirmed'])
    expect(server.ranges).toEqual([])
  })

  it('that a power cut stopped before the swap leaves the old version in its right', () => {
    writeFileSync(`${program}.trial`, 'version=2.0.0\nfrom=1.0.0\nstate=trial\nstarts=0\n')
    const old = agent('1.0.0', { trialMs: 1 })
    old.part.onOpen?.(old.session)
    expect(old.names()).toEqual([])
    expect(existsSync(`${program}.trial`)).toBe(false)
  })
})
