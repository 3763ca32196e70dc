import { Fault } from '@slipway/base'
import { isIPv4 } from 'node:net'
import type { LinuxSystem } from './linux-system.ts'

/** RFC 5227, 1.1: three probes, a second or two apart, then two seconds of listening. */
const probes = 3
const waitSeconds = 3
const deadlineMs = 15_000

/** An address in the same network that hardly anybody has: who answers for it answers for everything (proxy ARP). */
function controlAddress(address: string): string {
  const parts = address.split('.').map(Number)
  const last = parts[3] ?? 0
  return [...parts.slice(0, 3), last >= 128 ? last - 101 : last + 101].join('.')
}

/**
 * Asks a link whether somebody has an IPv4 address, with arping of iputils (Node has no raw sockets).
 * Null: nobody answered. Throws `unsupported` without arping and for IPv6 addresses.
 */
export async function probeAddress(
  system: LinuxSystem,
  input: { interface: string; address: string },
  signal: AbortSignal,
): Promise<{ mac: string; proxy_arp: boolean } | null> {
  const [address = ''] = input.address.split('/')
  if (!isIPv4(address)) {
    throw new Fault('unsupported', `${address} cannot be probed: only IPv4 addresses are asked for by ARP`)
  }
  // Both at once: an operator waits, and each takes three seconds where nobody answers.
  const [mac, control] = await Promise.all([
    ask(system, input.interface, address, signal),
    ask(system, input.interface, controlAddress(address), signal),
  ])
  return mac === null ? null : { mac, proxy_arp: control === mac }
}

async function ask(system: LinuxSystem, link: string, address: string, signal: AbortSignal): Promise<string | null> {
  // -D: sender address 0.0.0.0, as RFC 5227 wants; exit 1 means that somebody answered.
  const { stdout, exitCode } = await system.run(
    ['arping', '-D', '-c', String(probes), '-w', String(waitSeconds), '-I', link, address],
    { signal, deadlineMs, accept: [0, 1] },
  )
  return exitCode === 0 ? null : parseArping(stdout)
}

/** Reads `arping -D` (iputils 20221126): `Unicast reply from 10.0.0.1 [52:54:00:00:00:01]  0.7ms`. */
export function parseArping(output: string): string | null {
  return /reply from \S+ \[([0-9A-Fa-f:]{17})\]/.exec(output)?.[1]?.toLowerCase() ?? null
}
