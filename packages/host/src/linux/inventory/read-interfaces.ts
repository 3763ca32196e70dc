import type { NetworkInterface } from '@slipway/protocol'
import { readdir, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { InterfaceFact } from '../../sysconfig/sysconfig-plan.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { readText } from '../read-text.ts'
import { parseIpAddresses } from './ip-addresses.ts'

/** Physical Ethernet interfaces in bus order. */
export async function readInterfaces(
  system: Pick<LinuxSystem, 'run' | 'sys'>,
  signal: AbortSignal,
): Promise<NetworkInterface[]> {
  const { stdout } = await system.run(['ip', '-j', '-d', 'address', 'show'], { signal })
  const links = parseIpAddresses(stdout)
  const interfaces: NetworkInterface[] = []
  for (const [index, { name, driver }] of (await readPhysical(system)).entries()) {
    const link = links.find((candidate) => candidate.name === name)
    // `ip` prints the permanent address only where it differs from the present one.
    const mac = link?.permanentMac ?? link?.mac
    if (!link || !mac || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) continue // not Ethernet
    const speed = Number(await readText(join(system.sys, 'class/net', name, 'speed')))
    interfaces.push({
      name,
      mac,
      driver,
      link: link.operstate === 'UP' ? 'up' : link.operstate === 'DOWN' ? 'down' : 'unknown',
      speed_mbps: Number.isInteger(speed) && speed > 0 ? speed : null, // -1: unknown to the driver
      addresses: [...link.addresses],
      bus_index: index,
      onboard: driver !== null && !usbDrivers.has(driver),
    })
  }
  return interfaces
}

/** Adapters that people plug in and take along; their MACs do not name a machine. */
const usbDrivers: ReadonlySet<string> = new Set(['r8152', 'ax88179_178a', 'asix', 'cdc_ether', 'cdc_ncm', 'smsc95xx'])

/** What the rules of sysconfig need to know of them. */
export async function readInterfaceFacts(
  system: Pick<LinuxSystem, 'run' | 'sys'>,
  signal: AbortSignal,
): Promise<InterfaceFact[]> {
  const interfaces = await readInterfaces(system, signal)
  return interfaces.map(({ name, mac, driver, bus_index }) => ({ name, mac, driver, bus_index }))
}

/** Interfaces with a device behind them, by the device's place: bus address, then port, then name. */
async function readPhysical(system: Pick<LinuxSystem, 'sys'>): Promise<{ name: string; driver: string | null }[]> {
  const root = join(system.sys, 'class/net')
  const found: { name: string; driver: string | null; place: string }[] = []
  for (const name of await readdir(root).catch(() => [])) {
    const device = await realpath(join(root, name, 'device')).catch(() => null)
    if (device === null) continue
    const driver = await realpath(join(root, name, 'device/driver')).catch(() => null)
    const port = (await readText(join(root, name, 'dev_port'))) ?? '0'
    const place = `${device} ${port.padStart(4, '0')} ${name}`
    found.push({ name, driver: driver === null ? null : basename(driver), place })
  }
  return found.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ name, driver }) => ({ name, driver }))
}
