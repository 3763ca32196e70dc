import { agentToHost, parseWireMessage, parseWirePayload, type AgentMessage } from '@slipway/protocol'

/** Parses a message of an agent. Throws `unsupported` for an unknown type and `invalid-request` for a malformed message. */
export function parseAgentMessage(value: unknown): AgentMessage {
  return parseWireMessage(agentToHost, 'host', value)
}

/** Parses the JSON text inside an envelope. */
export function parsePayload(payload: string): AgentMessage {
  return parseWirePayload(agentToHost, 'host', payload)
}
