import type { AddressConfig, InterfaceConfig } from '@slipway/protocol'
import { bitsOf, hostBits, isLinkLocal, parseIp, sameNetwork, whyNotUsable, type IpPrefix } from '../ip.ts'
import { shown } from '../words.ts'
import type { ReportFinding } from './report-finding.ts'

/** Checks every address and gateway, alone and against each other. */
export function checkAddresses(interfaces: readonly InterfaceConfig[], report: ReportFinding): void {
  const seen = new Map<string, string>()
  const networks = interfaces.map((one, index) => checkInterface(one, `/sysconfig/interfaces/${index}`, seen, report))
  for (const [index, one] of interfaces.entries()) {
    for (const [number, gateway] of one.gateways.entries()) {
      const pointer = `/sysconfig/interfaces/${index}/gateways/${number}`
      if (gateway !== '') checkGateway({ gateway, one, own: networks[index] ?? [], pointer }, report)
    }
  }
}

function checkInterface(
  one: InterfaceConfig,
  pointer: string,
  seen: Map<string, string>,
  report: ReportFinding,
): IpPrefix[] {
  const names = new Set<string>()
  const kinds = new Set<string>()
  const networks: IpPrefix[] = []
  for (const [index, address] of one.addresses.entries()) {
    const at = `${pointer}/addresses/${index}`
    checkAddressName(address.name, names, `${at}/name`, report)
    if (address.kind !== 'static') checkAutomatic(address, kinds, at, report)
    const prefix = address.kind === 'static' ? readStatic(address, at, report) : undefined
    if (!prefix) continue
    networks.push(prefix)
    const key = `${prefix.address.family}:${prefix.address.value}`
    const other = seen.get(key)
    if (other !== undefined) {
      report({
        code: 'address-twice',
        message: `The address ${shown(address.address ?? '')} is given twice; interface ${shown(other)} has it already.`,
        cure: 'Give each interface an address of its own.',
        pointer: `${at}/address`,
      })
    }
    seen.set(key, one.name)
  }
  return networks
}

/** ipadm(8): the address object's name begins with a letter, then letters, digits and _; we allow - for readability. */
function checkAddressName(name: string, names: Set<string>, pointer: string, report: ReportFinding): void {
  if (name === '') return
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,31}$/u.test(name)) {
    report({
      code: 'address-name-illegal',
      message: `${shown(name)} is not a name for an address.`,
      cure: 'Begin with a letter and go on with letters, digits, _ and -, 32 at most, for example name="primary".',
      pointer,
    })
  }
  if (names.has(name)) {
    report({
      code: 'address-name-twice',
      message: `Two addresses of one interface are named ${shown(name)}.`,
      cure: 'Give one of them another name.',
      pointer,
    })
  }
  names.add(name)
}

function checkAutomatic(address: AddressConfig, kinds: Set<string>, pointer: string, report: ReportFinding): void {
  if (address.address !== null) {
    report({
      code: 'address-not-taken',
      message: `An address of kind ${address.kind} comes from the network; ${shown(address.address)} is one too many.`,
      cure: 'Remove the address, or write kind="static".',
      pointer: `${pointer}/address`,
    })
  }
  if (kinds.has(address.kind)) {
    report({
      code: 'address-kind-twice',
      message: `The interface asks for ${address.kind} twice.`,
      cure: 'Remove one of them.',
      pointer: `${pointer}/kind`,
    })
  }
  kinds.add(address.kind)
}

function readStatic({ address: text }: AddressConfig, pointer: string, report: ReportFinding): IpPrefix | undefined {
  if (text === null) {
    report({
      code: 'static-without-address',
      message: 'A static address has no address.',
      cure: 'Write it like: address name="primary" kind="static" "192.168.1.100/24", or choose kind="dhcp4".',
      pointer,
    })
    return undefined
  }
  const at = `${pointer}/address`
  const [host = '', length, ...more] = text.split('/')
  const address = parseIp(host)
  if (!address || more.length > 0) {
    report({
      code: 'address-illegal',
      message: `${shown(text)} is not an IP address with a prefix length.`,
      cure: 'Write it like "192.168.1.100/24" or "2001:db8::10/64".',
      pointer: at,
    })
    return undefined
  }
  const bits = bitsOf(address.family)
  if (length === undefined) {
    report({
      code: 'prefix-missing',
      message: `The address ${shown(text)} lacks its prefix length.`,
      cure: `Write "${host}/${address.family === 4 ? 24 : 64}", with the length of your network.`,
      pointer: at,
    })
    return undefined
  }
  if (!/^\d{1,3}$/u.test(length) || Number(length) < 1 || Number(length) > bits) {
    report({
      code: 'prefix-illegal',
      message: `The prefix length ${shown(length)} of ${shown(text)} is out of range.`,
      cure: `Write a number from 1 to ${bits}, for example "${host}/${address.family === 4 ? 24 : 64}".`,
      pointer: at,
    })
    return undefined
  }
  const prefix = { address, length: Number(length) }
  reportUnusable(text, prefix, at, report)
  return prefix
}

function reportUnusable(text: string, prefix: IpPrefix, pointer: string, report: ReportFinding): void {
  const why = whyNotUsable(prefix.address)
  const bits = bitsOf(prefix.address.family)
  // RFC 3021 and RFC 6164: networks of two addresses use both; one of one address is the host itself.
  const isWide = prefix.length < bits - 1
  const host = hostBits(prefix)
  if (why !== undefined) {
    report({
      code: 'address-not-usable',
      message: `${shown(text)} is ${why}; no machine can have it.`,
      cure: 'Write an address of the network that the interface is in.',
      pointer,
    })
  } else if (isWide && host === 0n) {
    report({
      code: 'address-is-network',
      message: `${shown(text)} is the address of the network itself.`,
      cure: 'Write the address of the machine in that network.',
      pointer,
    })
  } else if (isWide && prefix.address.family === 4 && host === (1n << BigInt(bits - prefix.length)) - 1n) {
    report({
      code: 'address-is-broadcast',
      message: `${shown(text)} is the broadcast address of its network.`,
      cure: 'Write the address of the machine in that network.',
      pointer,
    })
  }
}

interface Gateway {
  readonly gateway: string
  readonly one: InterfaceConfig
  /** The networks of the interface's static addresses. */
  readonly own: readonly IpPrefix[]
  readonly pointer: string
}

function checkGateway({ gateway, one, own, pointer }: Gateway, report: ReportFinding): void {
  const address = parseIp(gateway)
  if (!address) {
    report({
      code: 'address-illegal',
      message: `The gateway ${shown(gateway)} is not an IP address.`,
      cure: 'Write an address without a prefix length, for example: gateway "192.168.1.1"',
      pointer,
    })
    return
  }
  const why = whyNotUsable(address)
  if (why !== undefined) {
    report({
      code: 'address-not-usable',
      message: `The gateway ${shown(gateway)} is ${why}.`,
      cure: 'Write the address of the router in the network of the interface.',
      pointer,
    })
    return
  }
  const networks = own.filter((prefix) => prefix.address.family === address.family)
  if (networks.some((prefix) => prefix.address.value === address.value)) {
    report({
      code: 'gateway-is-own-address',
      message: `The gateway ${shown(gateway)} is the machine's own address.`,
      cure: 'Write the address of the router.',
      pointer,
    })
    return
  }
  const learns = address.family === 4 ? ['dhcp4'] : ['dhcp6', 'addrconf']
  // With an automatic address the networks are known only on the machine.
  if (isLinkLocal(address) || one.addresses.some(({ kind }) => learns.includes(kind))) return
  const home = networks.find((prefix) => sameNetwork(prefix.address, address, prefix.length))
  if (home && !isEdge(home, address.value)) return
  // An address that could not be read was reported; its network is unknown.
  if (own.length < one.addresses.filter(({ kind }) => kind === 'static').length) return
  report({
    code: 'gateway-not-on-link',
    message: home
      ? `The gateway ${shown(gateway)} is the network or broadcast address of its network.`
      : `The gateway ${shown(gateway)} is in no network of interface ${shown(one.name)}.`,
    cure: `Write an address in the network of ${one.addresses[0]?.address ?? 'a static address of the interface'}.`,
    pointer,
  })
}

function isEdge(prefix: IpPrefix, value: bigint): boolean {
  const width = bitsOf(prefix.address.family) - prefix.length
  if (width < 2) return false
  const host = hostBits({ address: { family: prefix.address.family, value }, length: prefix.length })
  return host === 0n || (prefix.address.family === 4 && host === (1n << BigInt(width)) - 1n)
}
