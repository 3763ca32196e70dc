import { maxLineBytes, type AgentOutgoing } from '@slipway/protocol'
import type { AgentLink } from '../link/agent-link.ts'
import type { AgentClock } from './agent-clock.ts'
import { sealLine } from './seal.ts'

/**
 * How full the link's queue may be for a message to be added: what can be measured again is dropped first, so that results
 * and answers still have room. 1 MiB is 16 pieces of output: enough for the link never to run dry between two drains.
 */
const roomFor = {
  disposable: 256 * 1024,
  ordinary: 1024 * 1024,
} as const
const disposable: ReadonlySet<AgentOutgoing['type']> = new Set(['metrics', 'keep_alive', 'error'])

const encoder = new TextEncoder()
const bareNewline = new Uint8Array([0x0a])

export type Sent = 'sent' | 'no-room' | 'too-large'

/** Stamps, signs and frames messages, and says when the queue is too full for one. */
export class Outbox {
  readonly #link: AgentLink
  readonly #secret: () => string | null
  readonly #clock: AgentClock

  constructor(options: { link: AgentLink; secret: () => string | null; clock: AgentClock }) {
    this.#link = options.link
    this.#secret = options.secret
    this.#clock = options.clock
  }

  /** `session`: null before the handshake's answer. */
  send(message: AgentOutgoing, session: string | null): Sent {
    const room = disposable.has(message.type) ? roomFor.disposable : roomFor.ordinary
    if (this.#link.queuedBytes >= room) return 'no-room'
    const bytes = encoder.encode(`${this.#line(message, session)}\n`)
    if (bytes.length > maxLineBytes) return 'too-large'
    return this.#link.write(bytes) === 'refused' ? 'no-room' : 'sent'
  }

  /** Ends whatever half line an earlier stream left at the host (agent.md: first a bare newline). */
  endLine(): void {
    this.#link.write(bareNewline)
  }

  #line(message: AgentOutgoing, session: string | null): string {
    const now = this.#clock.now()
    const stamped = { ...message, timestamp: new Date(now).toISOString(), ...(session !== null && { session }) }
    const secret = this.#secret()
    const text = JSON.stringify(stamped)
    return secret === null ? text : sealLine(secret, text, now)
  }
}
