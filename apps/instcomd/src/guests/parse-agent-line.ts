import { Fault } from '@slipway/base'
import { agentToHost, envelopeSchema, type AgentMessage, type AgentMessageType, type Envelope } from '@slipway/protocol'

/** Types are cut before they are said back: an agent may send anything. */
const mostTypeLetters = 64

/** One line of an agent, before its signature was looked at. */
export type AgentLine =
  | { readonly envelope: Envelope }
  | { readonly envelope: null; readonly type: string; readonly value: unknown }

/** Reads a line's JSON and tells envelopes apart. Throws `invalid-request`. */
export function parseAgentLine(line: string): AgentLine {
  const value = parseJson(line)
  const type = typeOf(value)
  if (type !== 'signed') return { envelope: null, type, value }
  const parsed = envelopeSchema.safeParse(value)
  if (!parsed.success) throw malformed('signed', parsed.error.issues)
  return { envelope: parsed.data }
}

/**
 * Parses a message of an agent by its type. Types of the other direction are unknown here, so nothing that the host said can
 * be played back to it. Throws `unsupported` for an unknown type, `invalid-request` for a malformed message.
 */
export function parseAgentMessage(value: unknown): AgentMessage {
  const type = typeOf(value)
  if (!isAgentType(type))
    throw new Fault('unsupported', `the host takes no message of type "${type}"`, { details: { type } })
  const parsed = agentToHost[type].safeParse(value)
  if (!parsed.success) throw malformed(type, parsed.error.issues)
  return parsed.data
}

/** Parses the JSON text inside an envelope. */
export function parsePayload(payload: string): AgentMessage {
  return parseAgentMessage(parseJson(payload))
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

function isAgentType(type: string): type is AgentMessageType {
  return Object.hasOwn(agentToHost, type)
}

function malformed(type: string, issues: readonly { path: readonly PropertyKey[]; message: string }[]): Fault {
  const where = issues.slice(0, 4).map((issue) => `${issue.path.join('.') || '(message)'}: ${issue.message}`)
  return new Fault('invalid-request', `a "${type}" message is malformed and was skipped: ${where.join('; ')}`, {
    details: { type },
  })
}
