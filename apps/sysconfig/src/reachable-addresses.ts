import { mostAddresses } from '@slipway/protocol'
import type { NetworkInterfaceInfo } from 'node:os'

/** Addresses of all interfaces but loopback ones and those of one link (169.254/16, fe80::/10); IPv4 first. */
export function reachableAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string[] {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? [])
  const reachable = all.filter(({ internal, address }) => !internal && !isOfOneLink(address))
  const ofFamily = (family: string) => reachable.filter((info) => info.family === family).map(({ address }) => address)
  return [...new Set([...ofFamily('IPv4'), ...ofFamily('IPv6')])].slice(0, mostAddresses)
}

function isOfOneLink(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/iu.test(address)
}
