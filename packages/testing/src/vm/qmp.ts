import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const messageSchema = z.looseObject({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
})

/** Something that QEMU said by itself, such as RESET, SHUTDOWN, DEVICE_TRAY_MOVED. */
export interface QmpEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

type Answer = z.infer<typeof messageSchema>

/** A connection to QEMU's monitor (QEMU: docs/interop/qmp-spec.rst). Calls are answered in order of their ids. */
export class Qmp {
  readonly #socket: Socket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #listeners = new Set<(event: QmpEvent) => void>()
  #nextId = 1

  private constructor(socket: Socket) {
    this.#socket = socket
    createInterface({ input: socket }).on('line', (line) => this.#receive(line))
    // The monitor goes away with QEMU; whoever waits for a call then has its own deadline.
    socket.on('error', () => undefined)
  }

  /** Connects to the monitor's socket and leaves its negotiation mode. */
  static async open(path: string): Promise<Qmp> {
    const socket = createConnection(path)
    await once(socket, 'connect')
    const qmp = new Qmp(socket)
    await qmp.call('qmp_capabilities')
    return qmp
  }

  /** Runs one monitor command; rejects with QEMU's own words, or when there is no answer within ten seconds. */
  async call(command: string, input: Record<string, unknown> = {}): Promise<unknown> {
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiting.set(id, resolve)
    const deadline = setTimeout(() => reject(new Error(`QEMU does not answer ${command}`)), 10_000)
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: input, id })}\n`)
    const answer = await promise.finally(() => clearTimeout(deadline))
    if (answer.error) throw new Error(`QEMU refuses ${command}: ${answer.error.desc}`)
    return answer.return
  }

  /** Calls back for every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(line: string): void {
    const message = messageSchema.parse(JSON.parse(line))
    if (message.event) {
      const event = { name: message.event, data: message.data ?? {} }
      for (const listener of this.#listeners) listener(event)
    }
    if (message.id === undefined) return
    this.#waiting.get(message.id)?.(message)
    this.#waiting.delete(message.id)
  }
}
