import type { Socket } from 'node:net'
import { Fault } from '@slipway/base'

/** Headers are a few hundred bytes, a certificate a few thousand. */
const maxHeadBytes = 16_384
const maxBodyBytes = 65_536

/** The first part of an answer, and what was read behind it. */
export interface HttpHead {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly rest: Buffer
}

/**
 * Reads an HTTP/1.1 answer's head (RFC 9112) from a socket that was checked before. Written here because Bun's http client
 * takes no ready socket, and a socket of its own would send the token before the server's name was looked at.
 */
export async function readHead(socket: Socket, signal: AbortSignal): Promise<HttpHead> {
  const bytes = await readUntil(socket, signal, (read) => read.includes('\r\n\r\n'), maxHeadBytes)
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? Number.NaN)
  if (end < 0 || Number.isNaN(status)) throw new Fault('invalid-request', 'the server’s answer is not HTTP')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return { status, headers, rest: bytes.subarray(end + 4) }
}

/** Posts JSON on a checked socket, which is used up by it; returns the status and the JSON of the answer. */
export async function postJson(
  socket: Socket,
  request: { host: string; path: string; body: object },
  signal: AbortSignal,
): Promise<{ status: number; value: unknown }> {
  const body = JSON.stringify(request.body)
  const lines = [
    `POST ${request.path} HTTP/1.1`,
    `host: ${request.host}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  try {
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    const head = await readHead(socket, signal)
    const length = Number(head.headers.get('content-length') ?? Number.NaN)
    if (!(length <= maxBodyBytes)) throw new Fault('invalid-request', 'the server’s answer has no usable length')
    const missing = length - head.rest.length
    const more = missing > 0 ? await readUntil(socket, signal, (read) => read.length >= missing, maxBodyBytes) : null
    const text = Buffer.concat(more ? [head.rest, more] : [head.rest]).toString('utf8', 0, length)
    return { status: head.status, value: JSON.parse(text) }
  } finally {
    socket.destroy()
  }
}

function readUntil(
  socket: Socket,
  signal: AbortSignal,
  enough: (read: Buffer) => boolean,
  limit: number,
): Promise<Buffer> {
  let read = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const stop = () => {
      socket.pause()
      socket.off('data', take).off('error', failed).off('close', closed)
      signal.removeEventListener('abort', aborted)
    }
    const take = (bytes: Buffer) => {
      read = Buffer.concat([read, bytes])
      if (read.length > limit) return failed(new Fault('too-large', 'the server’s answer is too large'))
      if (!enough(read)) return
      stop()
      resolve(read)
    }
    const failed = (error: unknown) => {
      stop()
      socket.destroy()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const closed = () => failed(new Fault('server-unreachable', 'the server hung up before it had answered'))
    const aborted = () => failed(signal.reason)
    if (signal.aborted) return aborted()
    socket.on('data', take).once('error', failed).once('close', closed)
    signal.addEventListener('abort', aborted, { once: true })
    socket.resume()
  })
}
