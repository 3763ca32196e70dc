import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { Logger } from '@slipway/base'

/** How often links are looked at; udev and DHCP bring addresses at any time after the start. */
const renewMs = 3000

/**
 * Keeps a socket's multicast memberships in step with the machine's links, or fixed to one interface.
 *
 * One socket with a membership for each interface, not one socket for each: on Linux every socket bound to the port
 * gets the group's datagrams of all interfaces that any socket joined (IP_MULTICAST_ALL, ip(7)), and Node has no way to
 * switch that off, so more sockets would only see everything several times.
 */
export class Memberships {
  readonly #socket: Socket
  readonly #group: string
  readonly #fixed: string | null
  readonly #logger: Logger
  readonly #timer: NodeJS.Timeout | null
  #joined = new Map<string, string>()

  constructor(input: { socket: Socket; group: string; interface: string | null; logger: Logger }) {
    this.#socket = input.socket
    this.#group = input.group
    this.#fixed = input.interface
    this.#logger = input.logger
    this.renew()
    this.#timer = this.#fixed === null ? setInterval(() => this.renew(), renewMs) : null
  }

  /** Addresses of the interfaces that are listened on. */
  get interfaces(): string[] {
    return [...this.#joined.keys()]
  }

  /** Joins on new links and leaves on gone ones; a link that went and came back under the same address is joined again. */
  renew(): void {
    const present = this.#fixed === null ? presentLinks() : new Map([[this.#fixed, 'fixed']])
    for (const [address, link] of this.#joined) {
      if (present.get(address) !== link) this.#leave(address)
    }
    for (const [address, link] of present) {
      if (!this.#joined.has(address)) this.#join(address, link)
    }
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
  }

  #join(address: string, link: string): void {
    try {
      this.#socket.addMembership(this.#group, address)
      this.#joined.set(address, link)
      this.#logger.info({ interface: address, group: this.#group }, 'listening for discovery')
    } catch (error) {
      // A link that is just going away, or a machine with more links than memberships (net.ipv4.igmp_max_memberships).
      this.#logger.warn({ interface: address, error: String(error) }, 'cannot listen for discovery on this interface')
    }
  }

  #leave(address: string): void {
    this.#joined.delete(address)
    try {
      this.#socket.dropMembership(this.#group, address)
    } catch {
      return // the kernel dropped it with the link
    }
    this.#logger.info({ interface: address }, 'no longer listening for discovery')
  }
}

/** IPv4 addresses of all links, loopback included (the demo asks there); the MAC tells a new link from an old one. */
function presentLinks(): Map<string, string> {
  const links = new Map<string, string>()
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const entry of addresses ?? []) if (entry.family === 'IPv4') links.set(entry.address, `${name} ${entry.mac}`)
  }
  return links
}
