import { expect, test } from 'vitest'
import { GuestLink, silenceMs } from './guest-link.ts'
import type { LinkOwner } from './link-owner.ts'
import type { LinkTransport } from './link-transport.ts'

/** A link on a transport and a clock of the test's. */
function makeLink(change: Partial<LinkOwner> = {}) {
  const state = { now: 1_000_000, queued: 0, paused: false, closed: '', drains: 0 }
  const written: string[] = []
  const events: string[] = []
  const transport: LinkTransport = {
    kind: 'virtio-serial',
    get queuedBytes() {
      return state.queued
    },
    write: (line) => void written.push(line),
    pause: () => (state.paused = true),
    resume: () => (state.paused = false),
    close: (reason) => (state.closed = reason),
  }
  const owner: LinkOwner = {
    allowLegacy: true,
    now: () => state.now,
    elapsed: () => state.now,
    begin: async () => true,
    opened: async () => void events.push('opened'),
    ended: (_link, _session, { reason }) => void events.push(`ended: ${reason}`),
    message: () => undefined,
    writable: () => void (state.drains += 1),
    received: () => undefined,
    refused: (_link, reason) => void events.push(reason),
    failed: (_link, error) => void events.push(String(error)),
    ...change,
  }
  const identity = { secrets: [], latched: false, metricsIntervalS: 30 }
  const link = new GuestLink({ machineId: 'm', transport, owner, identity })
  const say = (message: object) => link.receive(Buffer.from(`${JSON.stringify(message)}\n`))
  const timestamp = new Date(state.now).toISOString()
  const who = { vm_id: 'm', version: '1', platform: 'linux', arch: 'x64', boot_id: 'b', protocol: 2, capabilities: [] }
  const shakeHands = async () => {
    say({ type: 'handshake', timestamp, ...who })
    await settled()
  }
  return { link, state, written, events, say, shakeHands }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const ping = (sequence_number: number) => ({ type: 'keep_alive', sequence_number })

test('a message is handled when the one before it is done, and the socket is paused until then', async () => {
  const handled: number[] = []
  const gates: (() => void)[] = []
  const made = makeLink({
    message: (_link, _session, message) => {
      if (message.type !== 'keep_alive') return undefined
      handled.push(message.sequence_number)
      return new Promise((resolve) => gates.push(resolve))
    },
  })
  await made.shakeHands()
  made.link.receive(Buffer.from([1, 2, 3].map((n) => `${JSON.stringify(ping(n))}\n`).join('')))
  expect(handled).toEqual([1])
  expect(made.state.paused).toBe(true)
  gates[0]?.()
  await settled()
  expect(handled).toEqual([1, 2])
  gates[1]?.()
  await settled()
  gates[2]?.()
  await settled()
  expect(handled).toEqual([1, 2, 3])
  expect(made.state.paused).toBe(false)
})

test('a handler that throws is answered by an error without its words, and the next message is taken', async () => {
  const made = makeLink({
    message: (_link, _session, message) =>
      message.type === 'keep_alive' && message.sequence_number === 1
        ? Promise.reject(new TypeError('secret row'))
        : undefined,
  })
  await made.shakeHands()
  made.say(ping(1))
  await settled()
  made.say(ping(2))
  expect(made.written.at(-2)).toContain('the server failed')
  expect(made.written.join()).not.toContain('secret row')
  expect(made.written.at(-1)).toContain('"sequence_number":2')
})

test('a guest that does not read is told about as full, and again when it has read', async () => {
  const made = makeLink()
  expect(made.link.send({ type: 'Metrics' })).toBe('not-connected')
  await made.shakeHands()
  expect(made.link.send({ type: 'Metrics' })).toBe('sent')
  made.state.queued = 1024 * 1024
  expect(made.link.send({ type: 'Metrics' })).toBe('full')
  made.link.drained()
  expect(made.state.drains).toBe(0)
  made.state.queued = 0
  made.link.drained()
  made.link.drained()
  expect(made.state.drains).toBe(1)
  made.state.queued = 1024 * 1024
  made.link.send({ type: 'Metrics' })
  made.state.queued = 0
  made.link.sweep(made.state.now) // a short queue is not told of by the transport
  expect(made.state.drains).toBe(2)
  const before = made.written.length
  made.state.queued = 100_000
  made.link.receive(Buffer.from('garbage\n'.repeat(1000)))
  expect(made.written.length, 'error replies are not piled up').toBe(before)
})

test('a minute without a word ends the session and not the link, unless something waits for the silent agent', async () => {
  const made = makeLink()
  await made.shakeHands()
  made.state.now += silenceMs - 1
  made.link.sweep(made.state.now)
  expect(made.link.session).not.toBeNull()
  made.say(ping(1))
  made.state.now += silenceMs
  made.link.sweep(made.state.now)
  expect(made.events.at(-1)).toContain('ended: the agent has been silent')
  expect(made.state.closed).toBe('')
  await made.shakeHands()
  made.state.queued = 10
  made.state.now += silenceMs
  made.link.sweep(made.state.now)
  expect(made.state.closed).toBe('the agent does not read')
})

test('a session that the database refuses is not begun; one that it accepts for a link that ended meanwhile is ended', async () => {
  const refused = makeLink({ begin: async () => false })
  await refused.shakeHands()
  expect([refused.link.session, refused.written, refused.events]).toEqual([null, [], []])
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const late = makeLink({ begin: () => promise })
  await late.shakeHands()
  late.link.closed('gone')
  resolve(true)
  await settled()
  expect(late.events).toEqual(['ended: the link ended'])
})

test('a thousand small lines in one read do not hold up the others: they are taken in turns', async () => {
  const made = makeLink()
  await made.shakeHands()
  made.link.receive(Buffer.from(`${JSON.stringify(ping(1))}\n`.repeat(1000)))
  const answers = () => made.written.filter((line) => line.includes('keep_alive_response')).length
  expect(answers()).toBe(256)
  while (answers() < 1000) await settled()
  expect(made.state.paused || made.events.length > 1).toBe(false)
})
