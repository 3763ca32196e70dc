import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { Logger } from '@slipway/base'

/** Thousands of answers come within half a second; the kernel grants what its limit allows. */
const receiveBufferBytes = 4 * 1024 * 1024

export interface DiscoverySocketsOptions {
  readonly group: string
  readonly port: number
  readonly ttl: number
  /** Address or name of the only interface to use; null: all that are up. */
  readonly only: string | null
  readonly logger: Logger
  readonly onDatagram: (datagram: Buffer, from: RemoteInfo) => void
}

/** One UDP socket per interface address; the set follows the links at every `send`. */
export class DiscoverySockets {
  readonly #options: DiscoverySocketsOptions
  readonly #sockets = new Map<string, Socket>()

  constructor(options: DiscoverySocketsOptions) {
    this.#options = options
  }

  /** Asks the group on every interface, and each target (`address` or `address:port`) by unicast. */
  async send(message: object, targets: readonly string[]): Promise<void> {
    const datagram = Buffer.from(JSON.stringify(message), 'utf8')
    const { group, port } = this.#options
    const sockets = await this.#openSockets()
    for (const socket of sockets) this.#sendTo(socket, datagram, { address: group, port })
    const [first] = sockets
    if (first) for (const target of targets) this.#sendTo(first, datagram, parseTarget(target, port))
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  async #openSockets(): Promise<Socket[]> {
    const wanted = interfaceAddresses(this.#options.only)
    for (const [address, socket] of this.#sockets) {
      if (wanted.includes(address)) continue
      socket.close()
      this.#sockets.delete(address)
    }
    for (const address of wanted) if (!this.#sockets.has(address)) await this.#open(address)
    return [...this.#sockets.values()]
  }

  async #open(address: string): Promise<void> {
    const { ttl, logger, onDatagram } = this.#options
    const socket = createSocket({ type: 'udp4', recvBufferSize: receiveBufferBytes })
    socket.on('message', onDatagram)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind(0, address, resolve)
      })
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(ttl)
      socket.setMulticastLoopback(true)
      socket.on('error', (error) => logger.warn({ err: error, address }, `Discovery on ${address} failed`))
      this.#sockets.set(address, socket)
    } catch (error) {
      socket.close()
      logger.warn(
        { err: error, address },
        `Discovery cannot use ${address}; its machines are found when the link is up`,
      )
    }
  }

  #sendTo(socket: Socket, datagram: Buffer, to: { address: string; port: number }): void {
    socket.send(datagram, to.port, to.address, (error) => {
      if (error)
        this.#options.logger.warn({ err: error, to }, `Discovery request to ${to.address}:${to.port} was not sent`)
    })
  }
}

/** IPv4 addresses of interfaces that are up, loopback too: simulated machines answer there. */
export function interfaceAddresses(only: string | null): string[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, list]) => (list ?? []).map((entry) => ({ name, ...entry })))
    .filter(({ name, address, family }) => family === 'IPv4' && (only === null || name === only || address === only))
    .map(({ address }) => address)
}

function parseTarget(target: string, defaultPort: number): { address: string; port: number } {
  const match = /^(.*?):(\d{1,5})$/.exec(target)
  return match?.[1] ? { address: match[1], port: Number(match[2]) } : { address: target, port: defaultPort }
}
