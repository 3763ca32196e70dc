import { LineSplitter, readWireLine, type AgentOutgoing, type HostMessage } from '@slipway/protocol'
import type { AgentLink } from '../link/agent-link.ts'
import type { AgentSession } from '../session/agent-session.ts'
import type { SessionPart } from '../session/host-session.ts'
import { parseHostMessage, parsePayload } from '../session/parse-host-message.ts'

const keepAliveMs = 15_000
/** What protocol 1 does not have. */
const unknownTypes: ReadonlySet<string> = new Set(['script_accepted', 'script_started', 'script_output'])
const encoder = new TextEncoder()

/**
 * An agent of protocol 1: no handshake, no session, nothing signed, no acknowledgements; a result is said once, with its
 * output in it. Lines of the host that make no sense to it are passed over.
 */
export class LegacySession implements AgentSession {
  readonly #link: AgentLink
  readonly #parts: readonly SessionPart[]
  readonly #splitter = new LineSplitter()
  #keepAliveAt = 0
  #keepAlives = 0

  constructor(link: AgentLink, parts: readonly SessionPart[]) {
    this.#link = link
    this.#parts = parts
  }

  get open(): boolean {
    return this.#link.present
  }

  start(): void {
    this.#link.start({
      onBytes: (bytes) => {
        for (const split of this.#splitter.push(bytes)) if ('line' in split) this.#take(split.line)
      },
      onPeer: (present) => this.#onPeer(present),
      onDrain: () => {
        for (const part of this.#parts) part.onDrain?.(this)
      },
      onTrouble() {},
    })
  }

  send(message: AgentOutgoing): boolean {
    if (!this.open || unknownTypes.has(message.type)) return this.open
    const { type } = message
    const said = type === 'script_completion' ? { ...message, attempt: undefined } : message
    const line = `${JSON.stringify({ ...said, timestamp: new Date().toISOString() })}\n`
    if (this.#link.write(encoder.encode(line)) === 'refused') return false
    // Nobody will acknowledge it, and this agent does not say anything twice.
    if (type === 'script_completion') {
      const { execution_id, attempt = 1 } = message
      queueMicrotask(() => this.#dispatch({ type: 'script_ack', execution_id, attempt }))
    }
    return true
  }

  tick(): void {
    const now = performance.now()
    if (!this.open || now < this.#keepAliveAt) return
    this.#keepAliveAt = now + keepAliveMs
    this.#keepAlives += 1
    this.send({ type: 'keep_alive', sequence_number: this.#keepAlives })
  }

  stop(): void {
    this.#link.close()
  }

  restart(): void {
    this.#onPeer(this.#link.present)
  }

  #onPeer(present: boolean): void {
    this.#splitter.reset()
    for (const part of this.#parts) {
      if (!present) part.onClose?.()
      else part.onOpen?.(this)
    }
    if (!present) return
    this.#keepAliveAt = 0
    this.tick()
    // It was never told an interval.
    this.#dispatch({ type: 'configure', metrics_interval_s: 30 })
  }

  #take(line: string): void {
    const message = parseLine(line)
    if (message) this.#dispatch(message)
  }

  #dispatch(message: HostMessage): void {
    for (const part of this.#parts) if (part.onMessage(message, this)) return
  }
}

function parseLine(line: string): HostMessage | null {
  try {
    const read = readWireLine(line)
    return read.envelope ? parsePayload(read.envelope.payload) : parseHostMessage(read.value)
  } catch {
    return null
  }
}
