import { randomBytes } from 'node:crypto'
import { Fault } from '@slipway/base'
import type { StreamCodec } from '../stream-link.ts'

/** RFC 6455 §5.2. */
const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
/** RFC 6455 §5.5. */
const maxControlBytes = 125

/** Makes one unfragmented frame as a client sends it: masked (RFC 6455 §5.3). */
export function encodeFrame(code: number, payload: Uint8Array): Buffer {
  const size = payload.length
  const extended = size < 126 ? 0 : size < 65_536 ? 2 : 8
  const frame = Buffer.allocUnsafe(2 + extended + 4 + size)
  frame[0] = 0x80 | code
  frame[1] = 0x80 | (extended === 0 ? size : extended === 2 ? 126 : 127)
  if (extended === 2) frame.writeUInt16BE(size, 2)
  if (extended === 8) frame.writeBigUInt64BE(BigInt(size), 2)
  const mask = randomBytes(4)
  const start = 2 + extended
  mask.copy(frame, start)
  for (let at = 0; at < size; at += 1) frame[start + 4 + at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0)
  return frame
}

/**
 * The stream of lines inside WebSocket messages: each write is one text message. Messages of the host are taken as they
 * come, fragmented or not, and handed on piece by piece, so that the line splitter's limit is the only one; a message's end
 * ends its line. Pings are answered; a close and whatever breaks RFC 6455 end the connection.
 */
export function makeFrameCodec(sendControl: (frame: Buffer) => void): StreamCodec {
  let rest = Buffer.alloc(0)
  /** The data frame whose payload is being read. */
  let open: { left: number; fin: boolean } | null = null
  const step = (pieces: Uint8Array[]): boolean => {
    if (open) {
      const piece = rest.subarray(0, open.left)
      rest = rest.subarray(piece.length)
      open.left -= piece.length
      if (piece.length > 0) pieces.push(piece)
      if (open.left > 0) return false
      if (open.fin) pieces.push(newline) // an empty line is dropped by the splitter
      open = null
    }
    const head = readHead(rest)
    if (!head) return false
    if (head.code <= opcode.binary) {
      rest = rest.subarray(head.size)
      open = { left: head.payload, fin: head.fin }
      return true
    }
    if (head.payload > maxControlBytes) throw new Fault('invalid-request', 'a WebSocket control frame is too large')
    if (rest.length < head.size + head.payload) return false
    const payload = rest.subarray(head.size, head.size + head.payload)
    rest = rest.subarray(head.size + head.payload)
    obey(head.code, payload, sendControl)
    return true
  }
  return {
    encode: (bytes) => encodeFrame(opcode.text, bytes),
    decode(bytes) {
      rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes])
      const pieces: Uint8Array[] = []
      while (step(pieces)) {
        // one frame, or the rest of one, at a time
      }
      return pieces
    },
  }
}

const newline = new Uint8Array([0x0a])

/** `size` is the head's own, `payload` what follows it. */
function readHead(bytes: Buffer): { fin: boolean; code: number; size: number; payload: number } | null {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return null
  // No extension was asked for, and a server must not mask (RFC 6455 §5.1, §5.2).
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0)
    throw new Fault('invalid-request', 'a WebSocket frame is malformed')
  const short = second & 0x7f
  const size = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < size) return null
  const payload = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  return { fin: (first & 0x80) !== 0, code: first & 0x0f, size, payload }
}

function obey(code: number, payload: Buffer, sendControl: (frame: Buffer) => void): void {
  if (code === opcode.ping) return sendControl(encodeFrame(opcode.pong, payload))
  if (code === opcode.pong) return
  if (code !== opcode.close) throw new Fault('invalid-request', `a WebSocket frame has the unknown opcode ${code}`)
  const why = payload.length < 2 ? '' : ` with ${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`.trimEnd()
  throw new Fault('unavailable', `the server closed the connection${why}`)
}
