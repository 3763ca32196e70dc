import type { HostMessage } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { handshakeAck, makeTalk } from '../testing/talk.ts'
import type { SessionPart } from './host-session.ts'

function recorder(takes: readonly string[] = ['Metrics', 'pending_scripts_response']) {
  const log: string[] = []
  const messages: HostMessage[] = []
  const part: SessionPart = {
    onOpen: () => void log.push('open'),
    onClose: () => void log.push('close'),
    onDrain: () => void log.push('drain'),
    onMessage(message) {
      log.push(message.type)
      messages.push(message)
      return takes.includes(message.type)
    },
  }
  return { part, log, messages }
}

const types = (lines: readonly { type: string }[]) => lines.map((line) => line.type)

describe('the handshake', () => {
  it('is said first, after a bare newline, and opens the parts when it is answered', () => {
    const { part, log } = recorder()
    const talk = makeTalk({ parts: [part] })
    talk.host.arrive()
    expect(talk.text().startsWith('\n{')).toBe(true)
    expect(talk.seen()).toMatchObject([
      { type: 'handshake', vm_id: 'vm-1', protocol: 2, timestamp: '2026-11-01T12:00:00.000Z' },
    ])
    expect(talk.session.open).toBe(false)
    expect(talk.session.send({ type: 'script_accepted', execution_id: 'e', attempt: 1 })).toBe(false)
    talk.say(handshakeAck('s1'))
    expect(talk.session.open).toBe(true)
    expect(log).toEqual(['open', 'handshake_ack'])
    talk.session.send({ type: 'script_accepted', execution_id: 'e', attempt: 1 })
    expect(talk.seen()).toMatchObject([
      { type: 'script_accepted', session: 's1', timestamp: '2026-11-01T12:00:00.000Z' },
    ])
  })

  it('is repeated with growing waits while nobody answers', () => {
    const talk = makeTalk()
    talk.host.arrive()
    const times: number[] = []
    for (let second = 1; second <= 120; second += 1) {
      talk.clock.pass(1000)
      talk.seen()
      talk.session.tick()
      if (talk.seen().length > 0) times.push(second)
    }
    expect(times).toEqual([2, 6, 14, 29, 44, 59, 74, 89, 104, 119])
  })

  it('carries the token of a first boot while there is one', () => {
    let token: { installation_id: string; token: string } | null = { installation_id: 'ins_1', token: 't' }
    const talk = makeTalk({ firstBoot: () => token })
    talk.host.arrive()
    expect(talk.seen()).toMatchObject([{ first_boot: { installation_id: 'ins_1', token: 't' } }])
    token = null
    talk.session.restart()
    expect(talk.seen()[0]).not.toHaveProperty('first_boot')
  })

  it('begins a new session when the host comes back, and drops what the older one still says', () => {
    const { part, log } = recorder()
    const talk = makeTalk({ parts: [part] })
    talk.open('s1')
    talk.sayText('{"type":"Met') // the host dies in the middle of a line
    talk.host.leave()
    talk.open('s2')
    expect(log).toEqual(['open', 'handshake_ack', 'close', 'open', 'handshake_ack'])
    log.length = 0
    talk.seen()
    talk.say({ type: 'Metrics', session: 's1' })
    expect(log).toEqual([])
    talk.say({ type: 'Metrics', session: 's2' })
    expect(log).toEqual(['Metrics'])
    expect(talk.seen()).toEqual([])
  })

  it('takes the later of two sessions when two handshakes were answered', () => {
    const talk = makeTalk()
    talk.host.arrive()
    talk.clock.pass(5000)
    talk.session.tick()
    talk.say(handshakeAck('s1'))
    talk.say(handshakeAck('s2'))
    talk.seen()
    talk.session.send({ type: 'agent_event', severity: 'info', source: 'x', message: 'y' })
    expect(talk.seen()).toMatchObject([{ session: 's2' }])
    talk.say(handshakeAck('s3'))
    expect(talk.seen()).toMatchObject([{ type: 'error', session: 's2', details: { code: 'invalid-request' } }])
  })

  it('is said again at once when the host knows no session of ours', () => {
    const talk = makeTalk()
    talk.open()
    talk.seen()
    talk.say({ type: 'error', error: 'who are you', details: { code: 'handshake-required' } })
    expect(types(talk.seen())).toEqual(['handshake'])
    expect(talk.session.open).toBe(false)
  })
})

describe('a living session', () => {
  it('says so every 15 s and begins again when the host is silent for 45 s', () => {
    const talk = makeTalk()
    talk.open()
    talk.seen()
    const said: string[] = []
    for (let second = 1; second <= 46; second += 1) {
      talk.clock.pass(1000)
      talk.session.tick()
      for (const line of talk.seen()) said.push(`${second} ${line.type} ${line['sequence_number'] ?? ''}`.trim())
    }
    expect(said).toEqual(['15 keep_alive 1', '30 keep_alive 2', '45 handshake'])
    expect(talk.session.open).toBe(false)
  })

  it('stays while the host answers', () => {
    const talk = makeTalk()
    talk.open()
    for (let second = 1; second <= 600; second += 1) {
      talk.clock.pass(1000)
      talk.session.tick()
      for (const line of talk.seen())
        if (line.type === 'keep_alive')
          talk.say({ type: 'keep_alive_response', sequence_number: line['sequence_number'], session: 's1' })
    }
    expect(talk.session.open).toBe(true)
  })

  it('hands settings to every part, and other messages to the first that takes them', () => {
    const [first, second] = [recorder(), recorder()]
    const talk = makeTalk({ parts: [first.part, second.part] })
    talk.open()
    talk.say({ type: 'configure', metrics_interval_s: 5, session: 's1' })
    talk.say({ type: 'Metrics', session: 's1' })
    expect(first.log).toEqual(['open', 'handshake_ack', 'configure', 'Metrics'])
    expect(second.log).toEqual(['open', 'handshake_ack', 'configure'])
  })

  it('answers what no part takes', () => {
    const talk = makeTalk()
    talk.open()
    talk.seen()
    talk.say({ type: 'Metrics', session: 's1' })
    expect(talk.seen()).toMatchObject([{ type: 'error', details: { code: 'unsupported' } }])
  })

  it('outlives a part that fails', () => {
    const bad: SessionPart = {
      onMessage() {
        throw new Error('broken')
      },
    }
    const talk = makeTalk({ parts: [bad] })
    talk.open()
    talk.say({ type: 'Metrics', session: 's1' })
    expect(talk.session.open).toBe(true)
    expect(types(talk.seen())).toContain('error')
  })
})

describe('a full queue', () => {
  const event = (letters: number) => ({
    type: 'agent_event' as const,
    severity: 'info',
    source: 's',
    message: 'x'.repeat(letters),
  })

  it('drops keep-alives before results, then refuses results, and tells when there is room', () => {
    const { part, log } = recorder()
    const talk = makeTalk({ parts: [part] })
    talk.open()
    log.length = 0
    talk.host.stall(true)
    expect(talk.session.send(event(300 * 1024))).toBe(true)
    expect(talk.session.send({ type: 'keep_alive', sequence_number: 9 })).toBe(false)
    expect(talk.session.send(event(900 * 1024))).toBe(true)
    expect(talk.session.send(event(1))).toBe(false)
    talk.host.stall(false)
    expect(log).toEqual(['drain'])
    expect(talk.session.send(event(1))).toBe(true)
  })

  it('never holds what would be longer than a line may be', () => {
    const talk = makeTalk()
    talk.open()
    talk.seen()
    expect(talk.session.send({ type: 'response', id: 'r', success: true, stdout: 'x'.repeat(9 * 1024 * 1024) })).toBe(
      true,
    )
    expect(talk.seen()).toMatchObject([
      { type: 'response', id: 'r', success: false, error: { code: 'too-large' } },
      { type: 'error', details: { code: 'too-large' } },
    ])
  })
})
