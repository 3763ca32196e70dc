import { discoveryResponseSchema, maxDatagramBytes } from '@slipway/protocol'
import type { ReceivedAnswer } from '../machines/verify-answer.ts'

/** Reads one datagram; null for anything that is not a discovery answer: the group is SSDP's own, so most is not. */
export function parseAnswer(datagram: Uint8Array): ReceivedAnswer | null {
  if (datagram.byteLength > maxDatagramBytes) return null
  try {
    const raw: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(datagram))
    const parsed = discoveryResponseSchema.safeParse(raw)
    if (!parsed.success) return null
    return { message: parsed.data, raw: raw as Record<string, unknown> } // an object, or the schema had refused it
  } catch {
    return null // not UTF-8, or not JSON
  }
}
