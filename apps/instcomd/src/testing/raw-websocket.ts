import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

/** A WebSocket client of the least kind (RFC 6455), over TLS with a client certificate, which Node's own cannot have. */
export class RawWebSocket {
  readonly messages: string[] = []
  /** Close code and reason; null while open. */
  closed: { code: number; reason: string } | null = null
  readonly #socket: TLSSocket
  #bytes = Buffer.alloc(0)

  private constructor(socket: TLSSocket) {
    this.#socket = socket
  }

  /** Opens `path`; throws with the status line and body when the server answers anything but 101. */
  static async open(options: ConnectionOptions & { port: number; path: string }): Promise<RawWebSocket> {
    const socket = connect({ host: '127.0.0.1', ...options, path: undefined, minVersion: 'TLSv1.3' })
    await once(socket, 'secureConnect')
    const key = Buffer.from('0123456789abcdef').toString('base64')
    socket.write(
      `GET ${options.path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    let head = Buffer.alloc(0)
    while (!head.includes('\r\n\r\n')) head = Buffer.concat([head, (await once(socket, 'data'))[0] as Buffer])
    const end = head.indexOf('\r\n\r\n') + 4
    if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
      socket.destroy()
      throw new Error(head.toString('utf8'))
    }
    const client = new RawWebSocket(socket)
    socket.on('data', (bytes: Buffer) => client.#take(bytes))
    socket.on('error', () => undefined)
    socket.on('close', () => (client.closed ??= { code: 1006, reason: '' }))
    client.#take(head.subarray(end))
    return client
  }

  /** One text message; the mask is all zeros, which is a mask too. */
  send(text: string): void {
    const body = Buffer.from(text)
    const head = Buffer.alloc(14)
    head[0] = 0x81
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(body.length), 2)
    this.#socket.write(Buffer.concat([head, body]))
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const short = (this.#bytes[1] ?? 0) & 0x7f
      const start = short === 127 ? 10 : short === 126 ? 4 : 2
      if (this.#bytes.length < start) return
      const length =
        short === 127 ? Number(this.#bytes.readBigUInt64BE(2)) : short === 126 ? this.#bytes.readUInt16BE(2) : short
      if (this.#bytes.length < start + length) return
      this.#frame((this.#bytes[0] ?? 0) & 0x0f, this.#bytes.subarray(start, start + length))
      this.#bytes = this.#bytes.subarray(start + length)
    }
  }

  #frame(opcode: number, body: Buffer): void {
    if (opcode === 1) this.messages.push(body.toString('utf8'))
    if (opcode !== 8) return
    this.closed = { code: body.readUInt16BE(0), reason: body.subarray(2).toString('utf8') }
    this.#socket.end()
  }
}
