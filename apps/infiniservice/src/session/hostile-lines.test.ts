import { maxLineBytes } from '@slipway/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { handshakeAck, makeTalk } from '../testing/talk.ts'
import type { SessionPart } from './host-session.ts'

const encoder = new TextEncoder()

function counting() {
  let count = 0
  const part: SessionPart = {
    onMessage(message) {
      if (message.type === 'Metrics') count += 1
      return message.type === 'Metrics'
    },
  }
  return { part, count: () => count }
}

describe('what the host sends', () => {
  it('is the same however it is cut into reads', () => {
    const stream = encoder.encode(
      `\n\n${JSON.stringify(handshakeAck('s1'))}\n${'{"type":"Metrics","session":"s1","note":"größer 🚢"}\n'.repeat(5)}`,
    )
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (sizes) => {
        const { part, count } = counting()
        const talk = makeTalk({ parts: [part] })
        talk.host.arrive()
        let at = 0
        for (const size of [...sizes, stream.length]) {
          talk.sayBytes(stream.slice(at, at + size))
          at = Math.min(stream.length, at + size)
        }
        expect(count()).toBe(5)
        expect(talk.seen().map((line) => line.type)).toEqual(['handshake'])
      }),
      { numRuns: 60 },
    )
  })

  it('may hold a line of over 8 MiB: it is skipped with an error and the link goes on', () => {
    const { part, count } = counting()
    const talk = makeTalk({ parts: [part] })
    talk.open()
    talk.seen()
    const piece = new Uint8Array(1024 * 1024).fill(0x61)
    for (let sent = 0; sent <= maxLineBytes; sent += piece.length) talk.sayBytes(piece.slice())
    talk.sayText('\n')
    talk.say({ type: 'Metrics', session: 's1' })
    expect(talk.seen()).toMatchObject([{ type: 'error', details: { code: 'too-large' } }])
    expect(count()).toBe(1)
  })

  it.each([
    ['invalid UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d, 0x0a]), 'invalid-request'],
    ['no JSON', encoder.encode('hello\n'), 'invalid-request'],
    ['no object', encoder.encode('[1,2]\n'), 'invalid-request'],
    ['a type that is no text', encoder.encode('{"type":7}\n'), 'invalid-request'],
    ['an unknown type', encoder.encode('{"type":"Explode"}\n'), 'unsupported'],
    ['a name of Object', encoder.encode('{"type":"constructor"}\n'), 'unsupported'],
    ['a malformed message', encoder.encode('{"type":"cancel_script"}\n'), 'invalid-request'],
    ['a malformed envelope', encoder.encode('{"type":"signed","v":2}\n'), 'invalid-request'],
    ['an envelope that cannot be checked', encoder.encode(envelope()), 'not-authenticated'],
  ])('gets a typed error for %s', (_name, bytes, code) => {
    const talk = makeTalk()
    talk.open()
    talk.seen()
    talk.sayBytes(bytes)
    expect(talk.seen()).toMatchObject([{ type: 'error', session: 's1', details: { code } }])
    expect(talk.session.open).toBe(true)
  })

  it.each(['keep_alive', 'metrics', 'handshake', 'script_completion', 'response', 'agent_event'])(
    'is refused when it is our own "%s" reflected',
    (type) => {
      const talk = makeTalk()
      talk.open()
      talk.seen()
      talk.say({ type, sequence_number: 1, session: 's1' })
      expect(talk.seen()).toMatchObject([{ type: 'error', details: { code: 'unsupported', type } }])
    },
  )

  it('never ends the session, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (pieces) => {
        const { part, count } = counting()
        const talk = makeTalk({ parts: [part] })
        talk.open()
        for (const piece of pieces) talk.sayBytes(piece)
        talk.sayText('\n')
        talk.say({ type: 'Metrics', session: 's1' })
        expect(count()).toBe(1)
      }),
    )
  })

  it('does not make two ends answer error with error for ever', () => {
    const talk = makeTalk()
    talk.open()
    talk.seen()
    for (let round = 0; round < 1000; round += 1) talk.say({ type: 'Explode' })
    expect(talk.seen().length).toBe(20)
    talk.clock.pass(2000)
    talk.say({ type: 'Explode' })
    expect(talk.seen()).toMatchObject([{ details: { left_out: 980 } }])
    talk.say({ type: 'error', error: 'no' })
    expect(talk.seen()).toEqual([])
  })
})

function envelope(): string {
  return `${JSON.stringify({ type: 'signed', v: 1, ts: 1, nonce: 'nonce-nonce', payload: '{}', sig: '0'.repeat(64) })}\n`
}
