import { createSocket, type Socket } from 'node:dgram'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { discoveryResponseSchema, maxDatagramBytes, type DiscoveryResponse } from '@slipway/protocol'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../identity/identity.ts'
import { smallInventory } from '../testing/small-host.ts'
import { makeAnswer, type Announcement } from './answer.ts'
import { Responder } from './responder.ts'

const group = '239.192.76.88'
const request = { type: 'discovery_request', timestamp: 't', client_id: 'c', mx: 0 } as const
const identities: Identity[] = []
const open: { close(): unknown }[] = []

beforeAll(async () => {
  for (const machineId of ['sim-1', 'sim-2', 'sim-3']) {
    const dataDir = await mkdtemp(join(tmpdir(), 'slipway-responder-'))
    identities.push(await Identity.open({ dataDir, machineId, bootId: 'b' }))
  }
})

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

function announce(identity: Identity): Announcement {
  return { inventory: smallInventory(), identity, port: 8443, version: '0.1.0', status: 'available' }
}

async function start(): Promise<{ responder: Responder; asker: Socket; answers: DiscoveryResponse[]; port: number }> {
  const port = await freePort()
  const responder = await Responder.open({ group, port, interface: '127.0.0.1', logger: silentLogger, random: () => 0 })
  for (const identity of identities) responder.add(() => announce(identity))
  const answers: DiscoveryResponse[] = []
  const asker = createSocket('udp4')
  asker.on('message', (data) => answers.push(discoveryResponseSchema.parse(JSON.parse(data.toString()))))
  await new Promise<void>((resolve) => asker.bind(0, '127.0.0.1', resolve))
  asker.setMulticastInterface('127.0.0.1')
  open.push(responder, { close: () => new Promise<void>((resolve) => asker.close(resolve)) })
  return { responder, asker, answers, port }
}

describe('one socket for many machines', () => {
  it('answers once for each, however often it is asked within the second', async () => {
    const { responder, asker, answers, port } = await start()
    for (let time = 0; time < 3; time += 1) asker.send(JSON.stringify(request), port, group)
    await expect.poll(() => responder.counts.limited).toBe(6)
    await expect.poll(() => answers.map((answer) => answer.machine_id).toSorted()).toEqual(['sim-1', 'sim-2', 'sim-3'])
    expect(responder.counts.answered).toBe(3)
  })

  it('ignores and counts everything that is no request', async () => {
    const { responder, asker, answers, port } = await start()
    const strangers = [
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n',
      '{',
      '{"type":"discovery_response"}',
      '{"type":"discovery_request","timestamp":1,"client_id":"c"}',
      JSON.stringify({ ...request, client_id: 'x'.repeat(2000) }),
      JSON.stringify({ ...request, mx: 1e9 }),
      Buffer.from([0, 255, 254]),
      '',
    ]
    for (const stranger of strangers) asker.send(stranger, port, group)
    await expect.poll(() => responder.counts.ignored).toBe(strangers.length)
    asker.send(JSON.stringify(request), port, group)
    await expect.poll(() => answers.length).toBe(3)
  })

  it('is silent for a machine that was taken out', async () => {
    const { responder, asker, answers, port } = await start()
    const identity = identities[0]
    if (!identity) throw new Error('beforeAll made three')
    const leave = responder.add(() => announce(identity))
    leave()
    responder.add(() => null)
    asker.send(JSON.stringify(request), port, '127.0.0.1')
    await expect.poll(() => answers.length).toBe(3)
  })
})

describe('an answer', () => {
  it('never exceeds 1400 bytes, however much the machine could tell', () => {
    const [identity] = identities
    if (!identity) throw new Error('beforeAll made three')
    const capabilities = Array.from({ length: 32 }, (_, index) => `capability-${index}-${'x'.repeat(45)}`)
    const about = { ...announce(identity), inventory: { ...smallInventory(), hostname: 'h'.repeat(255), capabilities } }
    const datagram = makeAnswer(about, { ...request, nonce: 'n'.repeat(64) }, '192.168.100.100')
    expect(datagram.length).toBeLessThanOrEqual(maxDatagramBytes)
    const answer = discoveryResponseSchema.parse(JSON.parse(datagram.toString()))
    expect(answer.capabilities.length).toBeGreaterThan(3)
    expect(answer.signature).toHaveLength(88)
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
