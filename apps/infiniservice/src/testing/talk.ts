import { randomUUID } from 'node:crypto'
import { silentLogger } from '@slipway/base'
import { LineSplitter, type HostMessage } from '@slipway/protocol'
import { makeMemoryLink, type MemoryHost } from '../link/memory-link.ts'
import type { AgentClock } from '../session/agent-clock.ts'
import { makeAgentSession, type AgentSession, type AgentSessionOptions } from '../session/agent-session.ts'
import { signatureOf } from '../session/seal.ts'
import { memorySecret } from '../session/session-secret.ts'

/** A clock that a test moves. `set` changes the wall clock alone, as an administrator does. */
export interface TestClock extends AgentClock {
  pass(ms: number): void
  set(now: number): void
}

export function makeTestClock(now = Date.UTC(2026, 10, 1, 12)): TestClock {
  let wall = now
  let elapsed = 0
  return {
    now: () => wall,
    elapsed: () => elapsed,
    pass(ms) {
      wall += ms
      elapsed += ms
    },
    set: (next) => (wall = next),
  }
}

/** One line as the host read it; an envelope is opened (its signature is not checked). */
export type Seen = { type: string; signed: boolean; session?: string; [field: string]: unknown }

/** A session and a host that does only what the test says. */
export interface Talk {
  readonly session: AgentSession
  readonly host: MemoryHost
  readonly clock: TestClock
  /** Every byte of the agent, as text. */
  text(): string
  /** Messages since the last call. */
  seen(): Seen[]
  say(message: object): void
  saySigned(message: object, options?: { secret?: string; ts?: number; nonce?: string }): string
  sayText(text: string): void
  sayBytes(bytes: Uint8Array): void
  /** Arrives and answers the handshake. */
  open(session?: string): void
}

export function makeTalk(options: Partial<AgentSessionOptions> & { key?: string; clock?: TestClock } = {}): Talk {
  const clock = options.clock ?? makeTestClock()
  const splitter = new LineSplitter()
  let text = ''
  let lines: Seen[] = []
  const { link, host } = makeMemoryLink((bytes) => {
    text += new TextDecoder().decode(bytes)
    for (const split of splitter.push(bytes)) if ('line' in split) lines.push(openLine(split.line))
  })
  const secret = options.secret ?? memorySecret(options.key ?? null)
  const session = makeAgentSession({
    link,
    identity: { vm_id: 'vm-1', version: '1', platform: 'linux', arch: 'x64', boot_id: 'boot', capabilities: [] },
    secret,
    parts: [],
    logger: silentLogger,
    random: () => 0,
    ...options,
    clock,
  })
  session.start()
  const sayText = (line: string) => host.send(new TextEncoder().encode(line))
  const talk: Talk = {
    session,
    host,
    clock,
    text: () => text,
    seen() {
      const given = lines
      lines = []
      return given
    },
    say: (message) => sayText(`${JSON.stringify(message)}\n`),
    saySigned(message, { secret: key = secret.current() ?? '', ts = clock.now(), nonce = randomUUID() } = {}) {
      const unsigned = { v: 1 as const, ts, nonce, payload: JSON.stringify(message) }
      const line = `${JSON.stringify({ type: 'signed', ...unsigned, sig: signatureOf(key, unsigned) })}\n`
      sayText(line)
      return line
    },
    sayText,
    sayBytes: (bytes) => host.send(bytes),
    open(id = 's1') {
      host.arrive()
      const ack = handshakeAck(id)
      if (secret.current() === null) talk.say(ack)
      else talk.saySigned(ack)
    },
  }
  return talk
}

export function handshakeAck(session: string): HostMessage<'handshake_ack'> {
  return { type: 'handshake_ack', session, server_time: '2026-11-01T12:00:00Z', metrics_interval_s: 30 }
}

function openLine(line: string): Seen {
  const outer = JSON.parse(line) as Seen & { payload?: string } // what our own session wrote
  if (outer.type !== 'signed' || outer.payload === undefined) return { ...outer, signed: false }
  return { ...(JSON.parse(outer.payload) as Seen), signed: true }
}
