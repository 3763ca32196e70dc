import { hostToAgent, parseWireMessage, parseWirePayload, type HostMessage } from '@slipway/protocol'

/** Parses a message of the host. Throws `unsupported` for an unknown type and `invalid-request` for a malformed message. */
export function parseHostMessage(value: unknown): HostMessage {
  return parseWireMessage(hostToAgent, 'agent', value)
}

/** Parses the JSON text inside an envelope. */
export function parsePayload(payload: string): HostMessage {
  return parseWirePayload(hostToAgent, 'agent', payload)
}
