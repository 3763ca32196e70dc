import { describe, expect, it } from 'vitest'
import { handshakeAck, makeTalk, makeTestClock, type Talk } from '../testing/talk.ts'
import type { SessionPart } from './host-session.ts'
import { signatureOf } from './seal.ts'
import { memorySecret } from './session-secret.ts'

const key = '0123456789abcdef'.repeat(4)
const metrics = { type: 'Metrics', session: 's1' }
const minute = 60_000

function listen(options: Parameters<typeof makeTalk>[0] = {}): Talk & { count(): number } {
  let count = 0
  const part: SessionPart = {
    onMessage(message) {
      if (message.type === 'Metrics') count += 1
      return message.type === 'Metrics'
    },
  }
  const talk = makeTalk({ key, parts: [part], ...options })
  return { ...talk, count: () => count }
}

describe('signing', () => {
  it('agrees with the check vector of agent.md', () => {
    const envelope = { v: 1 as const, ts: 1700000000000, nonce: 'fixed-nonce-123', payload: '{"type":"Metrics"}' }
    expect(signatureOf('cross-lang-test-key', envelope)).toBe(
      '417f2b895d7dd56461af56b07525ca476532ac795f8b92aab6c78a560686bdf5',
    )
  })

  it('covers everything the agent says, the handshake too, and names the session after it', () => {
    const talk = listen()
    talk.open()
    talk.session.send({ type: 'agent_event', severity: 'info', source: 's', message: 'm' })
    const [handshake, event] = talk.seen()
    expect(handshake).toMatchObject({ type: 'handshake', signed: true })
    expect(handshake).not.toHaveProperty('session')
    expect(event).toMatchObject({ type: 'agent_event', signed: true, session: 's1' })
  })

  it('works with a clock that is wrong by ten minutes, because the host stamps in the agent’s clock', () => {
    const talk = listen({ clock: makeTestClock(Date.now() + 10 * minute) })
    talk.open()
    talk.saySigned(metrics)
    expect(talk.count()).toBe(1)
  })
})

describe('an envelope is refused', () => {
  it('when its signature is of another key', () => {
    const talk = listen()
    talk.open()
    talk.seen()
    talk.saySigned(metrics, { secret: 'f'.repeat(64) })
    expect(talk.count()).toBe(0)
    expect(talk.seen()).toMatchObject([{ type: 'error', signed: true, details: { code: 'not-authenticated' } }])
  })

  it('when one letter of its payload was changed', () => {
    const talk = listen()
    talk.open()
    const line = talk.saySigned(metrics)
    expect(talk.count()).toBe(1)
    talk.sayText(line.replace('Metrics', 'Metricz'))
    expect(talk.count()).toBe(1)
  })

  it('when it is played again', () => {
    const talk = listen()
    talk.open()
    const line = talk.saySigned(metrics)
    talk.sayText(line)
    expect(talk.count()).toBe(1)
  })

  it('when it is unsigned at all', () => {
    const talk = listen()
    talk.open()
    talk.seen()
    talk.say(metrics)
    talk.host.arrive()
    talk.say(handshakeAck('evil'))
    expect(talk.count()).toBe(0)
    expect(talk.session.open).toBe(false)
    expect(talk.seen()[0]).toMatchObject({ type: 'error', details: { code: 'not-authenticated' } })
  })

  it.each([
    ['six minutes old', -6 * minute],
    ['six minutes ahead', 6 * minute],
  ])('when it is %s; a handshake then gives the host our clock anew', (_name, offset) => {
    const talk = listen()
    talk.clock.pass(60 * minute)
    talk.open()
    talk.seen()
    talk.saySigned(metrics, { ts: talk.clock.now() + offset })
    expect(talk.count()).toBe(0)
    expect(talk.seen().map((line) => line.type)).toEqual(['error', 'handshake'])
  })

  it('when it is older than the agent’s start', () => {
    const talk = listen()
    talk.clock.pass(minute)
    talk.open()
    talk.saySigned(metrics, { ts: talk.clock.now() - 2 * minute })
    expect(talk.count()).toBe(0)
  })

  it('when it names no session, or another', () => {
    const talk = listen()
    talk.open()
    talk.saySigned({ type: 'Metrics' })
    talk.saySigned({ type: 'Metrics', session: 's0' })
    expect(talk.count()).toBe(0)
  })
})

describe('a clock that is set back', () => {
  it('does not lock the host out until the old start is reached', () => {
    const talk = listen()
    talk.clock.pass(1000)
    talk.clock.set(talk.clock.now() - 10 * minute)
    talk.open()
    talk.saySigned(metrics)
    expect(talk.count()).toBe(1)
  })
})

describe('a new secret', () => {
  const next = 'e'.repeat(64)

  it('is stored, used at once, and confirmed by a handshake under it', async () => {
    const secret = memorySecret(key)
    const talk = listen({ secret })
    talk.open()
    talk.seen()
    talk.saySigned({ type: 'configure', session: 's1', shared_secret: next })
    await Promise.resolve()
    expect(secret.current()).toBe(next)
    expect(talk.seen()).toMatchObject([{ type: 'handshake', signed: true }])
    talk.saySigned(handshakeAck('s2'), { secret: key })
    expect(talk.session.open).toBe(false)
    talk.saySigned(handshakeAck('s2'))
    expect(talk.session.open).toBe(true)
  })

  it('is never shown to the parts', () => {
    const seen: object[] = []
    const part: SessionPart = {
      onMessage(message) {
        seen.push(message)
        return true
      },
    }
    const talk = listen({ parts: [part] })
    talk.open()
    talk.saySigned({ type: 'configure', session: 's1', shared_secret: next, metrics_interval_s: 5 })
    expect(JSON.stringify(seen)).toContain('metrics_interval_s":5')
    expect(JSON.stringify(seen)).not.toContain(next)
  })

  it('is refused unsigned', () => {
    const secret = memorySecret(null)
    const talk = makeTalk({ secret })
    talk.open()
    talk.seen()
    talk.say({ type: 'configure', session: 's1', shared_secret: next })
    expect(secret.current()).toBeNull()
    expect(talk.seen()).toMatchObject([{ type: 'error', details: { code: 'not-authenticated' } }])
  })

  it('that cannot be stored leaves the old one in use', async () => {
    const talk = listen({ secret: { current: () => key, store: () => Promise.reject(new Error('disk full')) } })
    talk.open()
    talk.seen()
    talk.saySigned({ type: 'configure', session: 's1', shared_secret: next })
    await new Promise((resolve) => setImmediate(resolve))
    expect(talk.seen()).toMatchObject([{ type: 'error', error: 'disk full' }])
    talk.saySigned(metrics)
    expect(talk.count()).toBe(1)
  })
})
