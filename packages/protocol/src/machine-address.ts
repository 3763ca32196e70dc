import type { AgentMetrics } from './agent/agent-metrics.ts'
import type { Machine } from './routes/machines.ts'

/** So many addresses of a machine are kept at most. */
export const mostAddresses = 32

/** Where the machine is reached now: the first address of its installed system, else machined's; null: nowhere known. */
export function machineAddress({ address, system_addresses }: Machine): string | null {
  return system_addresses[0] ?? address
}

/** A host's addresses without those that only itself or one link knows (loopback, 169.254/16, fe80::/10); IPv4 first. */
export function reachableAddresses(addresses: readonly string[]): string[] {
  const reachable = addresses.filter((address) => !/^(127\.|169\.254\.|::1$|fe[89ab])/iu.test(address))
  const isIPv6 = (address: string) => address.includes(':')
  const ordered = [...reachable.filter((address) => !isIPv6(address)), ...reachable.filter(isIPv6)]
  return [...new Set(ordered)].slice(0, mostAddresses)
}

/** The reachable addresses of a guest, as its agent reports them with its figures. */
export function agentAddresses({ system }: { system: Pick<AgentMetrics['system'], 'network'> }): string[] {
  return reachableAddresses(system.network.interfaces.flatMap(({ ip_addresses }) => ip_addresses ?? []))
}
