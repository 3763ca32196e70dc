import { Fault } from '@slipway/base'
import { envelopeSchema, hostToAgent, type Envelope, type HostMessage } from '@slipway/protocol'

/** Types are cut before they are said back: the host may send anything. */
const mostTypeLetters = 64

/** One line of the host before its signature was looked at. */
export type HostLine =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  | { readonly kind: 'plain'; readonly message: () => HostMessage; readonly type: string }

/** Reads a line's JSON and tells envelopes apart. Throws `invalid-request`; a plain message is parsed only when asked for. */
export function readHostLine(line: string): HostLine {
  const value = parseJson(line)
  const type = typeOf(value)
  if (type !== 'signed') return { kind: 'plain', type, message: () => parseHostMessage(value) }
  const parsed = envelopeSchema.safeParse(value)
  if (!parsed.success) throw malformed('signed', parsed.error.issues)
  return { kind: 'envelope', envelope: parsed.data }
}

/**
 * Parses a message of the host by its type. Types of the other direction are unknown here, so that nothing the agent said
 * can be played back to it. Throws `unsupported` for an unknown type and `invalid-request` for a malformed message.
 */
export function parseHostMessage(value: unknown): HostMessage {
  const type = typeOf(value)
  if (!isHostType(type))
    throw new Fault('unsupported', `the agent takes no message of type "${type}"`, { details: { type } })
  const parsed = hostToAgent[type].safeParse(value)
  if (!parsed.success) throw malformed(type, parsed.error.issues)
  return parsed.data
}

/** Parses the JSON text inside an envelope. */
export function parsePayload(payload: string): HostMessage {
  return parseHostMessage(parseJson(payload))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('invalid-request', 'a line is not JSON; it was skipped', { cause })
  }
}

function typeOf(value: unknown): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  if (typeof type !== 'string')
    throw new Fault('invalid-request', 'a message has no "type"; it was skipped, send an object with one')
  return type.slice(0, mostTypeLetters)
}

function isHostType(type: string): type is keyof typeof hostToAgent {
  return Object.hasOwn(hostToAgent, type)
}

function malformed(type: string, issues: readonly { path: readonly PropertyKey[]; message: string }[]): Fault {
  const where = issues.slice(0, 4).map((issue) => `${issue.path.join('.') || '(message)'}: ${issue.message}`)
  return new Fault('invalid-request', `a "${type}" message is malformed and was skipped: ${where.join('; ')}`, {
    details: { type },
  })
}
