import { isFault } from '@slipway/base'
import type { Host } from '@slipway/host'
import type { AddressProbe, InterfaceConfig, MachineConfig, NetworkInterface } from '@slipway/protocol'

/** For all addresses together: RFC 5227, 1.1 asks for about three seconds, and an operator waits for the answer. */
const allProbesMs = 5000
/** More static addresses than any machine config needs; a probe is a broadcast, so their number is bounded. */
const maxProbes = 16

export interface ProbeInput {
  readonly host: Pick<Host, 'probeAddress'>
  readonly config: MachineConfig
  readonly interfaces: readonly NetworkInterface[]
}

type Wanted = { readonly nic: NetworkInterface; readonly address: string }

/**
 * Asks the links, all at once, whether somebody has a static IPv4 address of the config (RFC 5227). Changes nothing and
 * ends within five seconds. Addresses that the machine has itself, and those on VLANs or absent cards, are left out.
 */
export async function probeAddresses(input: ProbeInput, signal: AbortSignal): Promise<AddressProbe[]> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(allProbesMs)])
  const wanted = input.config.sysconfig.interfaces.flatMap((one) => wantedOf(one, input.interfaces))
  const probes = await Promise.all(wanted.slice(0, maxProbes).map((one) => probe(input.host, one, within)))
  signal.throwIfAborted()
  const rest = wanted.slice(maxProbes).map((one) => notProbed(one, `only ${maxProbes} addresses are asked for at once`))
  return [...probes, ...rest]
}

function wantedOf(one: InterfaceConfig, interfaces: readonly NetworkInterface[]): Wanted[] {
  const nic = findInterface(one, interfaces)
  if (!nic || one.vlan !== null) return [] // on a tagged network the untagged one cannot be asked
  return one.addresses.flatMap(({ kind, address: text }) => {
    const address = text?.split('/')[0]
    const isAsked = kind === 'static' && address !== undefined && !address.includes(':')
    return isAsked && !nic.addresses.some((own) => own.split('/')[0] === address) ? [{ nic, address }] : []
  })
}

async function probe(host: ProbeInput['host'], wanted: Wanted, signal: AbortSignal): Promise<AddressProbe> {
  const { nic, address } = wanted
  try {
    const answer = await host.probeAddress({ interface: nic.name, address }, signal)
    return { address, interface: nic.name, mac: null, proxy_arp: false, ...answer, not_probed: null }
  } catch (error) {
    if (signal.aborted) return notProbed(wanted, `the probe did not end within ${allProbesMs / 1000} s`)
    // A link that is down or a tool that is missing must not keep the other addresses from being asked for.
    if (isFault(error)) return notProbed(wanted, error.message)
    throw error
  }
}

function notProbed({ nic, address }: Wanted, why: string): AddressProbe {
  return { address, interface: nic.name, mac: null, proxy_arp: false, not_probed: why.slice(0, 1024) }
}

/** Selector, name in the inventory, or bare `netN`: the N-th card in bus order (machine-config.md). */
function findInterface(wanted: InterfaceConfig, interfaces: readonly NetworkInterface[]): NetworkInterface | undefined {
  const [kind, value] = split(wanted.selector)
  if (kind === 'mac') return interfaces.find((nic) => nic.mac === value.toLowerCase())
  if (kind === 'driver') return interfaces.find((nic) => nic.driver === value)
  const named = interfaces.find((nic) => nic.name === wanted.name)
  const position = /^net(\d+)$/.exec(wanted.name)?.[1]
  return named ?? interfaces.find((nic) => position !== undefined && nic.bus_index === Number(position))
}

function split(selector: string | null): [string, string] {
  const at = selector?.indexOf(':') ?? -1
  return selector === null || at < 0 ? ['', ''] : [selector.slice(0, at), selector.slice(at + 1)]
}
