import { isFault } from '@slipway/base'
import type { Host } from '@slipway/host'
import type { InterfaceConfig, MachineConfig, NetworkInterface, PlanFinding } from '@slipway/protocol'

/** An address probe waits for answers for about a second (RFC 5227, 1.1: PROBE_MAX and ANNOUNCE_WAIT); ten is generous. */
const probeMs = 10_000

/** Asks the links whether somebody already has a static address of the config. Findings only; nothing is changed. */
export async function checkAddresses(
  input: { host: Host; config: MachineConfig; interfaces: readonly NetworkInterface[] },
  signal: AbortSignal,
): Promise<PlanFinding[]> {
  const findings: PlanFinding[] = []
  for (const wanted of input.config.sysconfig.interfaces) {
    const nic = findInterface(wanted, input.interfaces)
    if (!nic || wanted.vlan !== null) continue // on a tagged network the untagged one cannot be asked
    for (const { address } of wanted.addresses) {
      if (address === null || address.includes(':')) continue
      findings.push(...(await probe(input.host, nic, address.split('/')[0] ?? address, signal)))
    }
  }
  return findings
}

async function probe(host: Host, nic: NetworkInterface, address: string, signal: AbortSignal): Promise<PlanFinding[]> {
  if (nic.addresses.some((own) => own.split('/')[0] === address)) return []
  const details = { interface: nic.name, address }
  try {
    const answer = await host.probeAddress(
      { interface: nic.name, address },
      AbortSignal.any([signal, AbortSignal.timeout(probeMs)]),
    )
    if (!answer) return []
    const message = `${answer.mac} on the link of ${nic.name} answers for ${address}`
    if (answer.proxy_arp) {
      const cure = 'A router answers for addresses that are not its own (proxy ARP); make sure that this one is free.'
      return [{ severity: 'warning', code: 'address-proxied', message, cure, details: { ...details, mac: answer.mac } }]
    }
    const cure = 'Choose another address, or take it from the machine that has it.'
    return [{ severity: 'error', code: 'address-in-use', message, cure, details: { ...details, mac: answer.mac } }]
  } catch (error) {
    if (!isFault(error, 'unsupported')) throw error
    const cure = 'Make sure yourself that nobody has it.'
    return [{ severity: 'info', code: 'address-not-probed', message: error.message, cure, details }]
  }
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
