import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Configuration } from '../configuration/configuration.ts'
import { isPlain } from '../configuration/listener-scheme.ts'

/** The addresses of this program, known in full once it listens (a port of 0 is chosen by the system). */
export class Listeners {
  readonly #configuration: Configuration
  apiPort: number
  machinePort: number

  constructor(configuration: Configuration) {
    this.#configuration = configuration
    this.apiPort = configuration.server.port
    this.machinePort = configuration.server.machine_port
  }

  /** For people: `public_url` where it is set, else an address that works from here. */
  apiUrl(): string {
    const { public_url, host } = this.#configuration.server
    if (public_url !== null) return public_url.replace(/\/$/, '')
    const scheme = isPlain(this.#configuration) ? 'http' : 'https'
    return `${scheme}://${bracket(isWildcard(host) ? hostname() : host)}:${this.apiPort}`
  }

  /** For machines: the public name first, then every address that is listened on. */
  machineUrls(): string[] {
    const { public_url, host } = this.#configuration.server
    const named = public_url === null ? [] : [new URL(public_url).hostname]
    const addresses = isWildcard(host) ? reachableAddresses() : [host]
    return [...new Set([...named, ...addresses.map(bracket)])].map((name) => `https://${name}:${this.machinePort}`)
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function bracket(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

/** Link-local IPv6 addresses need a zone that only the machine itself knows. */
function reachableAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:')).map(({ address }) => address)
}
