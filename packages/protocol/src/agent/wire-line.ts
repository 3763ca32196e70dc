import type * as z from 'zod/mini'
import { Fault } from '@slipway/base'
import { envelopeSchema, type Envelope } from './envelope.ts'

/** Types are cut before they are said back: a peer may send anything. */
const mostTypeLetters = 64

/** One line of the agent's link, before its signature was looked at. */
export type WireLine =
  | { readonly envelope: Envelope }
  | { readonly envelope: null; readonly type: string; readonly value: unknown }

/** Reads a line's JSON and tells envelopes apart. Throws `invalid-request`. */
export function readWireLine(line: string): WireLine {
  const value = parseJson(line)
  const type = typeOf(value)
  if (type !== 'signed') return { envelope: null, type, value }
  const parsed = envelopeSchema.safeParse(value)
  if (!parsed.success) throw malformed('signed', parsed.error.issues)
  return { envelope: parsed.data }
}

/**
 * Parses a message by its type with the table of one direction. Types of the other are unknown there, so nothing that one end
 * said can be played back to it. Throws `unsupported` for an unknown type, `invalid-request` for a malformed message.
 */
export function parseWireMessage<const S extends Readonly<Record<string, z.ZodMiniType>>>(
  schemas: S,
  taker: 'agent' | 'host',
  value: unknown,
): z.output<S[keyof S]> {
  const type = typeOf(value)
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
  if (!schema) throw new Fault('unsupported', `the ${taker} takes no message of type "${type}"`, { details: { type } })
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw malformed(type, parsed.error.issues)
  return parsed.data as z.output<S[keyof S]> // the schema of this very type parsed it
}

/** The same for the JSON text inside an envelope. */
export function parseWirePayload<const S extends Readonly<Record<string, z.ZodMiniType>>>(
  schemas: S,
  taker: 'agent' | 'host',
  payload: string,
): z.output<S[keyof S]> {
  return parseWireMessage(schemas, taker, parseJson(payload))
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

function malformed(type: string, issues: readonly { path: readonly PropertyKey[]; message: string }[]): Fault {
  const where = issues.slice(0, 4).map((issue) => `${issue.path.join('.') || '(message)'}: ${issue.message}`)
  return new Fault('invalid-request', `a "${type}" message is malformed and was skipped: ${where.join('; ')}`, {
    details: { type },
  })
}
