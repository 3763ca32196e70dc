import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Configuration } from '../configuration/configuration.ts'

/** Every name and address by which this instcomd may be reached: for the certificate of its listeners (security.md). */
export function ownHosts(configuration: Configuration): { dns: string[]; ip: string[] } {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const names = [hostname(), 'localhost', configuration.server.host]
  if (configuration.server.public_url)
    names.push(new URL(configuration.server.public_url).hostname.replace(/^\[|\]$/g, ''))
  const all = [...names, ...addresses.map(({ address }) => address.replace(/%.*$/, ''))]
  // 0.0.0.0 and :: say where to listen; nobody is reached there.
  const ip = all.filter((host) => isIP(host) !== 0 && host !== '0.0.0.0' && host !== '::')
  const dns = all.filter((host) => isIP(host) === 0 && /^[A-Za-z0-9.-]+$/.test(host))
  return { dns: [...new Set(dns)], ip: [...new Set(ip)] }
}
