import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { Fault, type Logger } from '@slipway/base'
import { discoveryRequestSchema, maxDatagramBytes, type DiscoveryRequest } from '@slipway/protocol'
import { makeAnswer, type Announcement } from './answer.ts'
import { Memberships } from './memberships.ts'
import { AnswerLimit } from './rate-limit.ts'
import { sourceAddressFor } from './source-address.ts'

/** Over how long answers are spread when the asker does not say, in seconds (machines.md). */
const defaultMx = 0.5

export interface ResponderOptions {
  readonly group: string
  readonly port: number
  /** Address of the one interface to listen on; null: all, as they come and go. */
  readonly interface: string | null
  readonly logger: Logger
  readonly random?: () => number
}

/** A machine that answers; asked anew each time, because its status and certificate change. Null: it stays silent. */
export type Announcer = () => Announcement | null

/**
 * Answers discovery requests for one machine, or for many simulated ones over one shared socket. The group is SSDP's
 * own, so most of what arrives is not for us: it is dropped without a word and counted.
 */
export class Responder {
  readonly #options: ResponderOptions
  readonly #socket: Socket
  readonly #memberships: Memberships
  readonly #machines = new Map<Announcer, AnswerLimit>()
  readonly #timers = new Set<NodeJS.Timeout>()
  /** Datagrams that were no request, and answers held back by a limit. */
  readonly counts = { ignored: 0, limited: 0, answered: 0 }

  private constructor(options: ResponderOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    this.#memberships = new Memberships({ ...options, socket })
    socket.on('message', (data, from) => this.#receive(data, from))
    socket.on('error', (error) =>
      options.logger.warn({ error: error.message }, 'the discovery socket reported an error'),
    )
  }

  static async open(options: ResponderOptions): Promise<Responder> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    await bind(socket, options.port)
    return new Responder(options, socket)
  }

  get interfaces(): string[] {
    return this.#memberships.interfaces
  }

  /** Adds a machine; returns the way to take it out again. */
  add(announcer: Announcer): () => void {
    this.#machines.set(announcer, new AnswerLimit())
    return () => this.#machines.delete(announcer)
  }

  async close(): Promise<void> {
    this.#memberships.stop()
    for (const timer of this.#timers) clearTimeout(timer)
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  #receive(data: Buffer, from: RemoteInfo): void {
    const request = parseRequest(data)
    if (!request) {
      this.counts.ignored += 1
      return
    }
    const spreadMs = (request.mx ?? defaultMx) * 1000
    for (const [announcer, limit] of this.#machines) {
      if (!limit.admit(from, performance.now())) {
        this.counts.limited += 1
        continue
      }
      const wait = (this.#options.random ?? Math.random)() * spreadMs
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        void this.#answer(announcer, request, from)
      }, wait)
      this.#timers.add(timer)
    }
  }

  async #answer(announcer: Announcer, request: DiscoveryRequest, to: RemoteInfo): Promise<void> {
    try {
      const about = announcer()
      if (!about) return
      const datagram = makeAnswer(about, request, await sourceAddressFor(to))
      this.#socket.send(datagram, to.port, to.address)
      this.counts.answered += 1
    } catch (error) {
      // No route to the asker any more, or the socket is closing: the asker asks again.
      this.#options.logger.debug({ to: to.address, error: String(error) }, 'a discovery answer could not be sent')
    }
  }
}

function parseRequest(data: Buffer): DiscoveryRequest | null {
  if (data.length > maxDatagramBytes || data[0] !== 0x7b) return null // not "{": SSDP's own M-SEARCH and NOTIFY
  try {
    return discoveryRequestSchema.parse(JSON.parse(data.toString('utf8')))
  } catch {
    return null
  }
}

function bind(socket: Socket, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (cause: Error) =>
    reject(new Fault('port-in-use', `cannot listen for discovery on UDP port ${port}: ${cause.message}`, { cause }))
  socket.once('error', fail)
  socket.bind(port, () => {
    socket.removeListener('error', fail)
    resolve()
  })
  return promise
}
