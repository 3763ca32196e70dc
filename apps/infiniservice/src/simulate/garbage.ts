import type { AgentLink } from '../link/agent-link.ts'

const encoder = new TextEncoder()

/** Lines that no host may take, each ended: half a message, bytes that are not UTF-8, no JSON, no type, an unknown type. */
const pieces: readonly Uint8Array[] = [
  encoder.encode('{"type":"metrics","data":{"system":{"cpu":{"usage_pe\n'),
  Uint8Array.of(0xff, 0xfe, 0x7b, 0x22, 0xc3, 0x28, 0x0a),
  encoder.encode('infiniservice: panic: out of cheese\n\n\n'),
  encoder.encode('{"timestamp":"yesterday"}\n[]\nnull\n'),
  encoder.encode('{"type":"handshake_ack","session":"forged"}\n'),
  encoder.encode('{"type":"script_completion","execution_id":"","attempt":-1}\n'),
]

/** Writes the next piece of garbage. */
export function writeGarbage(link: AgentLink, turn: number): void {
  const piece = pieces[turn % pieces.length]
  if (piece && link.present) link.write(piece)
}

/** The beginning of a real line, which a reset cuts off. */
export function writeHalfLine(link: AgentLink): void {
  if (link.present) link.write(encoder.encode('{"type":"keep_alive","timestamp":"2026-'))
}

/** A link whose lines arrive in three pieces. */
export function inPieces(link: AgentLink): AgentLink {
  return {
    name: link.name,
    get present() {
      return link.present
    },
    get queuedBytes() {
      return link.queuedBytes
    },
    start: (handler) => link.start(handler),
    write(bytes) {
      const third = Math.ceil(bytes.length / 3)
      const first = link.write(bytes.subarray(0, third))
      if (first === 'refused') return first
      link.write(bytes.subarray(third, 2 * third))
      return link.write(bytes.subarray(2 * third))
    },
    reconnect: () => link.reconnect(),
    close: () => link.close(),
  }
}
