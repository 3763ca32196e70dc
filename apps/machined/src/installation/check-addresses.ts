import type { AddressProbe, NetworkInterface, PlanFinding } from '@slipway/protocol'
import { probeAddresses, type ProbeInput } from './probe-addresses.ts'

/** Asks the links whether somebody already has a static address of the config. Findings only; nothing is changed. */
export async function checkAddresses(input: ProbeInput, signal: AbortSignal): Promise<PlanFinding[]> {
  const own = new Set(input.interfaces.map((nic: NetworkInterface) => nic.mac))
  const probes = await probeAddresses(input, signal)
  return probes.flatMap((probe) => findingOf(probe, own))
}

function findingOf(probe: AddressProbe, own: ReadonlySet<string>): PlanFinding[] {
  const { address, mac, not_probed: why } = probe
  const details = { interface: probe.interface, address }
  if (why !== null) {
    const cure = 'Make sure yourself that nobody has it.'
    const message = `whether ${address} is in use was not asked: ${why}`
    return [{ severity: 'info', code: 'address-not-probed', message, cure, details }]
  }
  if (mac === null || own.has(mac)) return []
  const message = `${mac} on the link of ${probe.interface} answers for ${address}`
  if (probe.proxy_arp) {
    const cure = 'A router answers for addresses that are not its own (proxy ARP); make sure that this one is free.'
    return [{ severity: 'warning', code: 'address-proxied', message, cure, details: { ...details, mac } }]
  }
  const cure = 'Choose another address, or take it from the machine that has it.'
  return [{ severity: 'error', code: 'address-in-use', message, cure, details: { ...details, mac } }]
}
