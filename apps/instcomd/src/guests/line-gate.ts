import { Fault, toFault } from '@slipway/base'
import { envelopeWindowMs, readWireLine, ReplayGuard, type AgentMessage, type Envelope } from '@slipway/protocol'
import { parseAgentMessage, parsePayload } from './parse-agent-message.ts'
import { signerOf } from './seal.ts'

/** What the database knows of a guest and its link must. */
export interface GuestIdentity {
  /** All are accepted, the last one is wanted. Empty: the machine has none, its lines are unsigned. */
  readonly secrets: readonly string[]
  /** It completed protocol 2 once: the older protocol is refused. */
  readonly latched: boolean
  readonly metricsIntervalS: number
}

/** Why a line was not taken; label of a metric. */
export type RefusalReason =
  | 'too-large'
  | 'malformed'
  | 'unknown-type'
  | 'unsigned'
  | 'wrong-signature'
  | 'outside-window'
  | 'replayed'
  | 'no-session'
  | 'old-session'
  | 'wrong-machine'
  | 'legacy-refused'

/** A line that was not taken; `fault` is what the agent is told, null for what is dropped without a word. */
export interface Refusal {
  readonly refused: RefusalReason
  readonly fault: Fault | null
}

export interface Admission {
  readonly message: AgentMessage
  /** The secret that signed it; null when it was not signed. */
  readonly secret: string | null
}

interface SessionState {
  readonly session: string
  readonly protocol: 1 | 2
}

/** Decides about each line of one link: signature, age, repetition, session. Fails closed. */
export class LineGate {
  /** The agent's clock minus ours, in milliseconds; from the last handshake. */
  clockOffset = 0
  #guard: ReplayGuard | null = null

  /** `session` is the link's now; null before a handshake. */
  admit(line: string, identity: GuestIdentity, session: SessionState | null, now: number): Admission | Refusal {
    try {
      const parsed = readWireLine(line)
      if (parsed.envelope) return this.#signed(parsed.envelope, identity, session, now)
      const refusal = refuseUnsigned(parsed.type, parsed.value, identity, session)
      if (refusal) return refusal
      const message = parseAgentMessage(parsed.value)
      return refuseOldSession(message, session, false) ?? { message, secret: null }
    } catch (error) {
      const fault = toFault(error)
      return { refused: fault.code === 'unsupported' ? 'unknown-type' : 'malformed', fault }
    }
  }

  #signed(envelope: Envelope, identity: GuestIdentity, session: SessionState | null, now: number): Admission | Refusal {
    const secret = identity.secrets[signerOf(identity.secrets, envelope)]
    if (secret === undefined) return refuseSigner(identity)
    const message = parsePayload(envelope.payload)
    // A handshake says what the agent's clock shows: it is good in itself, and everything after it is compared with it.
    const clock = message.type === 'handshake' ? Date.parse(message.timestamp) : now + this.clockOffset
    if (message.type !== 'handshake' && session?.protocol !== 2) return needsHandshake('no-session')
    if (!(Math.abs(clock - envelope.ts) <= envelopeWindowMs)) return needsHandshake('outside-window')
    try {
      this.#guard ??= new ReplayGuard()
      this.#guard.accept(envelope, clock)
    } catch (error) {
      return { refused: 'replayed', fault: toFault(error) }
    }
    return refuseOldSession(message, session, true) ?? { message, secret }
  }
}

function refuseSigner(identity: GuestIdentity): Refusal {
  const why =
    identity.secrets.length === 0
      ? 'this machine has no shared secret here; give it one (POST /api/guests/ID/secret) and install the agent with it'
      : 'its signature is wrong; install the agent with the secret that this server has for the machine'
  return { refused: 'wrong-signature', fault: new Fault('not-authenticated', `a signed message was refused: ${why}`) }
}

/** Where a secret exists only the older protocol may go unsigned, and only until protocol 2 was completed once. */
function refuseUnsigned(
  type: string,
  value: unknown,
  identity: GuestIdentity,
  session: SessionState | null,
): Refusal | null {
  if (identity.secrets.length === 0) return null
  const isOlder =
    type === 'handshake'
      ? typeof value === 'object' && value !== null && 'protocol' in value && value.protocol === 1
      : session?.protocol !== 2
  if (isOlder && !identity.latched) return null
  const message = 'an unsigned message was refused: this machine has a shared secret; sign with it'
  return { refused: 'unsigned', fault: new Fault('not-authenticated', message) }
}

/** Replies that belong to an older session are dropped; a signed protocol-2 message must name its session. */
function refuseOldSession(message: AgentMessage, session: SessionState | null, signed: boolean): Refusal | null {
  if (message.type === 'handshake' || session === null) return null
  if (message.session === session.session) return null
  if (message.session !== undefined) return { refused: 'old-session', fault: null }
  return signed ? needsHandshake('no-session') : null
}

/** `handshake-required` is the agent's sign to begin again. */
function needsHandshake(refused: RefusalReason): Refusal {
  const why =
    refused === 'outside-window'
      ? 'it is more than five minutes from the clock that the last handshake showed'
      : 'it belongs to no session'
  const fault = new Fault('not-authenticated', `a message was refused: ${why}; send a handshake`, {
    details: { code: 'handshake-required' },
  })
  return { refused, fault }
}

/** For a link without a session where the older protocol is not allowed. */
export function refuseLegacy(identity: GuestIdentity): Refusal {
  const why = identity.latched
    ? 'this machine has spoken protocol 2 before (an administrator can reset that)'
    : 'this server does not serve the older protocol (guests.allow_legacy)'
  const fault = new Fault('not-authenticated', `a message before any handshake was refused: ${why}; send a handshake`, {
    details: { code: 'handshake-required' },
  })
  return { refused: 'legacy-refused', fault }
}
