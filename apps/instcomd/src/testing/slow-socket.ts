import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'

/** A WebSocket client that takes bytes only when it is told to; Node's own reads all by itself. */
export interface SlowSocket {
  /** Texts that have arrived. */
  readonly texts: string[]
  /** Resolves with the close frame's code, or null for a connection that ended without one. */
  readonly closed: Promise<number | null>
  pause(): void
  resume(): void
  destroy(): void
}

/** What a server says that does not upgrade. */
export interface Refusal {
  readonly status: number
  readonly body: unknown
}

/** Opens a WebSocket (RFC 6455) to an `http:` address, reading nothing until `resume`; or tells how it was refused. */
export function openSlowSocket(url: string, headers: Readonly<Record<string, string>>): Promise<SlowSocket | Refusal> {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { ...headers, ...handshake } })
    asked.once('upgrade', (_answer, socket, head) => resolve(readFrames(socket, head)))
    asked.once('response', (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }))
    })
    asked.once('error', reject)
    asked.end()
  })
}

function readFrames(socket: Duplex, head: Buffer): SlowSocket {
  const texts: string[] = []
  const { promise: closed, resolve } = Promise.withResolvers<number | null>()
  let rest: Buffer = head
  socket.pause()
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let frame = takeFrame(rest); frame; frame = takeFrame(rest)) {
      rest = rest.subarray(frame.bytes)
      if (frame.opcode === 1) texts.push(frame.payload.toString('utf8'))
      if (frame.opcode !== 8) continue
      resolve(frame.payload.readUInt16BE(0))
      socket.end()
    }
  })
  socket.on('error', () => resolve(null))
  socket.on('close', () => resolve(null))
  return {
    texts,
    closed,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  }
}

/** RFC 6455, 5.2; a server neither masks nor, here, fragments. Null while the frame is not whole. */
function takeFrame(data: Buffer): { opcode: number; payload: Buffer; bytes: number } | null {
  if (data.length < 2) return null
  const short = (data[1] ?? 0) & 0x7f
  const start = short === 126 ? 4 : short === 127 ? 10 : 2
  if (data.length < start) return null
  const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short
  if (data.length < start + length) return null
  return {
    opcode: (data[0] ?? 0) & 0x0f,
    payload: data.subarray(start, start + length),
    bytes: start + length,
  }
}
