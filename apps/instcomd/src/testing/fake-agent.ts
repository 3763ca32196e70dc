import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

type Message = Record<string, unknown> & { type: string }

/** How a fake agent differs from a good one. */
export interface FakeAgentOptions {
  readonly path: string
  readonly machineId: string
  secret?: string | null
  /** Milliseconds that its clock is ahead. */
  readonly clockAhead?: number
}

/**
 * A guest as QEMU shows it, written from agent.md alone and sharing no code with either end: it listens on a unix socket,
 * serves one client at a time, and speaks as a test tells it to.
 */
export class FakeAgent {
  readonly options: FakeAgentOptions
  readonly received: Message[] = []
  session: string | null = null
  connections = 0
  #socket: Socket | null = null
  #text = ''
  readonly #server: Server
  readonly #changed = new Set<() => void>()

  constructor(options: FakeAgentOptions) {
    this.options = options
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async listen(options: FakeAgentOptions): Promise<FakeAgent> {
    const agent = new FakeAgent(options)
    agent.#server.listen(options.path)
    await once(agent.#server, 'listening')
    return agent
  }

  get connected(): boolean {
    return this.#socket !== null
  }

  now(): number {
    return Date.now() + (this.options.clockAhead ?? 0)
  }

  /** Raw bytes, as they are. */
  write(bytes: string | Uint8Array): void {
    this.#socket?.write(bytes)
  }

  /** Stops taking what the host writes, as QEMU does when the guest does not read. */
  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  /** One message, signed where there is a secret; with the session it has. */
  say(message: Message): void {
    this.write(`${this.line(message)}\n`)
  }

  line(message: Message, change: { session?: string | null } = {}): string {
    const session = change.session === undefined ? this.session : change.session
    const whole = { timestamp: new Date(this.now()).toISOString(), ...(session && { session }), ...message }
    const payload = JSON.stringify(whole)
    return this.options.secret ? this.sign(payload) : payload
  }

  sign(payload: string, change: { ts?: number; nonce?: string; secret?: string } = {}): string {
    const ts = change.ts ?? this.now()
    const nonce = change.nonce ?? randomUUID()
    const key = change.secret ?? this.options.secret ?? ''
    const sig = createHmac('sha256', key).update(`1\n${ts}\n${nonce}\n${payload}`).digest('hex')
    return JSON.stringify({ type: 'signed', v: 1, ts, nonce, payload, sig })
  }

  handshake(change: Record<string, unknown> = {}): Message {
    return {
      type: 'handshake',
      vm_id: this.options.machineId,
      version: '9.9.9',
      platform: 'linux',
      arch: 'x64',
      boot_id: 'boot-1',
      protocol: 2,
      capabilities: [],
      ...change,
    }
  }

  /** Shakes hands and waits for the answer. */
  async shakeHands(change: Record<string, unknown> = {}): Promise<string> {
    await this.until(() => this.connected)
    const before = this.of('handshake_ack').length
    this.write(`\n${this.line(this.handshake(change), { session: null })}\n`)
    await this.until(() => this.of('handshake_ack').length > before)
    return this.session ?? ''
  }

  of(type: string): Message[] {
    return this.received.filter((message) => message.type === type)
  }

  /** Waits for a condition on what came; the test's own deadline ends it. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 20)
        const changed = this.#changed
        function done() {
          clearTimeout(timer)
          changed.delete(done)
          resolve()
        }
        changed.add(done)
      })
    }
  }

  /** Ends the connection as QEMU does when it stops; the socket file stays unless `close`. */
  drop(): void {
    this.#socket?.destroy()
  }

  async close(): Promise<void> {
    this.drop()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    if (this.#socket) {
      socket.destroy() // one client at a time
      return
    }
    this.connections += 1
    this.#socket = socket
    this.#text = ''
    this.session = null
    socket.setEncoding('utf8')
    socket.on('data', (text) => this.#take(String(text)))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#socket = null
      this.#wake()
    })
    this.#wake()
  }

  #take(text: string): void {
    this.#text += text
    const lines = this.#text.split('\n')
    this.#text = lines.pop() ?? ''
    for (const line of lines) if (line !== '') this.#takeLine(line)
    this.#wake()
  }

  #takeLine(line: string): void {
    const outer = JSON.parse(line) as Message & { payload?: string; ts?: number; nonce?: string; sig?: string }
    const message = outer.type === 'signed' ? this.#open(outer) : outer
    this.received.push(message)
    if (message.type === 'handshake_ack') this.session = String(message.session)
  }

  #open(outer: { payload?: string; ts?: number; nonce?: string; sig?: string }): Message {
    const { payload = '', ts = 0, nonce, sig } = outer
    const right = createHmac('sha256', this.options.secret ?? '')
      .update(`1\n${ts}\n${nonce}\n${payload}`)
      .digest('hex')
    const message = JSON.parse(payload) as Message
    if (right !== sig) return { ...message, type: `forged ${message.type}` }
    // agent.md: the host stamps in the agent's clock.
    return Math.abs(ts - this.now()) < 300_000 ? message : { ...message, type: `stale ${message.type}` }
  }

  #wake(): void {
    for (const wake of this.#changed) wake()
  }
}
