import type { InterfaceConfig, SysconfigConfig } from '@slipway/protocol'
import { macOf } from './select-interface.ts'
import { ownerLine, type SysconfigChange, type SysconfigFacts, type SysconfigPlan } from './sysconfig-plan.ts'

const folder = '/etc/systemd/network'
/** Before any file that a distribution ships (systemd.link(5): the first match wins; Debian's begin with 73 and 99). */
const prefix = '10-slipway-'

type Section = readonly [name: string, lines: readonly (readonly [key: string, value: string])[]]

/**
 * Interfaces for systemd-networkd: a `.link` per NIC that matches the permanent MAC and gives the name as written,
 * a `.network` for its addresses, a `.netdev` per VLAN. Sources: systemd.link(5), systemd.network(5), systemd.netdev(5).
 */
export function planNetworkd(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  const warnings: string[] = []
  const changes: SysconfigChange[] = []
  for (const nic of groupByNic(config, facts)) {
    if (nic.mac === null) {
      warnings.push(`interface ${nic.name} is not on this machine; its settings apply to whatever has that name`)
    } else changes.push(file(`${nic.name}.link`, linkSections(nic)))
    changes.push(file(`${nic.name}.network`, nicSections(nic)))
    for (const vlan of nic.vlans) {
      changes.push(file(`${vlan.name}.netdev`, netdevSections(vlan)))
      changes.push(file(`${vlan.name}.network`, [match({ Name: vlan.name }), ...addressSections(vlan.entry, [])]))
    }
  }
  return { changes: [...changes, ...leftovers(changes, facts)], commands: reloadCommands(changes), warnings }
}

interface Vlan {
  readonly name: string
  readonly id: number
  readonly entry: InterfaceConfig
}

interface Nic {
  readonly name: string
  readonly mac: string | null
  /** The entry without a VLAN; null when only tagged traffic is configured. */
  readonly plain: InterfaceConfig | null
  readonly vlans: readonly Vlan[]
}

/** One NIC may be named by several entries: untagged, and one for each VLAN. */
function groupByNic(config: SysconfigConfig, facts: SysconfigFacts): Nic[] {
  const groups = new Map<string, InterfaceConfig[]>()
  for (const entry of config.interfaces) {
    const key = macOf(entry, facts.interfaces) ?? `name ${entry.name}`
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  return [...groups.values()].map((entries) => {
    const plain = entries.find((entry) => entry.vlan === null) ?? null
    const first = plain ?? entries[0]
    const name = first?.name ?? ''
    const tagged = entries.flatMap((entry) => (entry.vlan === null ? [] : [{ entry, id: entry.vlan }]))
    return {
      name,
      mac: first ? macOf(first, facts.interfaces) : null,
      plain,
      // The name as written belongs to the NIC unless an untagged entry has given it another.
      vlans: tagged.map(({ entry, id }) => ({
        entry,
        id,
        name: entry.name === name ? vlanName(name, id) : entry.name,
      })),
    }
  })
}

function vlanName(name: string, id: number): string {
  return `${name.slice(0, 15 - String(id).length - 1)}.${id}` // 15 characters is all the kernel takes
}

function linkSections(nic: Nic): Section[] {
  const mtu = nic.plain?.mtu ?? nic.vlans[0]?.entry.mtu ?? null
  const lines: [string, string][] = [['Name', nic.name]]
  if (mtu !== null) lines.push(['MTUBytes', String(mtu)])
  return [match({ PermanentMACAddress: nic.mac ?? '' }), ['Link', lines]]
}

function nicSections(nic: Nic): Section[] {
  const head = match({ Name: nic.name })
  const vlans = nic.vlans.map((vlan) => vlan.name)
  if (nic.plain) return [head, ...addressSections(nic.plain, vlans)]
  const lines: [string, string][] = [['LinkLocalAddressing', 'no'], ['IPv6AcceptRA', 'no'], ...vlans.map(asVlan)]
  return [head, ['Network', lines]]
}

function asVlan(name: string): [string, string] {
  return ['VLAN', name]
}

function netdevSections(vlan: Vlan): Section[] {
  return [
    ['NetDev', [['Name', vlan.name], ['Kind', 'vlan'], ...(vlan.entry.mtu === null ? [] : [mtuLine(vlan.entry.mtu)])]],
    ['VLAN', [['Id', String(vlan.id)]]],
  ]
}

function mtuLine(mtu: number): [string, string] {
  return ['MTUBytes', String(mtu)]
}

function addressSections(entry: InterfaceConfig, vlans: readonly string[]): Section[] {
  const kinds = new Set(entry.addresses.map((address) => address.kind))
  const lines: [string, string][] = [['DHCP', dhcpValue(kinds)]]
  lines.push(['IPv6AcceptRA', kinds.has('addrconf') ? 'yes' : 'no'])
  for (const { address } of entry.addresses) if (address !== null) lines.push(['Address', address])
  for (const gateway of entry.gateways) lines.push(['Gateway', gateway])
  lines.push(...vlans.map(asVlan))
  const sections: Section[] = [['Network', lines]]
  // Without router advertisements nothing would start the DHCPv6 client (systemd.network(5), WithoutRA=).
  if (kinds.has('dhcp6') && !kinds.has('addrconf')) sections.push(['DHCPv6', [['WithoutRA', 'solicit']]])
  return sections
}

function dhcpValue(kinds: ReadonlySet<string>): string {
  if (kinds.has('dhcp4') && kinds.has('dhcp6')) return 'yes'
  if (kinds.has('dhcp4')) return 'ipv4'
  return kinds.has('dhcp6') ? 'ipv6' : 'no'
}

function match(by: Readonly<Record<string, string>>): Section {
  return ['Match', Object.entries(by)]
}

function file(name: string, sections: readonly Section[]): SysconfigChange {
  const body = sections.map(([section, lines]) =>
    [`[${section}]`, ...lines.map(([key, value]) => `${key}=${value}`)].join('\n'),
  )
  return {
    kind: 'file',
    path: `${folder}/${prefix}${name}`,
    content: `${ownerLine}\n${body.join('\n\n')}\n`,
    mode: 0o644,
  }
}

/** Files of ours that the config no longer asks for. */
function leftovers(changes: readonly SysconfigChange[], facts: SysconfigFacts): SysconfigChange[] {
  const wanted = new Set(changes.map((change) => change.path))
  const ours = [...facts.existing].filter((path) => path.startsWith(`${folder}/${prefix}`))
  return ours.filter((path) => !wanted.has(path)).map((path) => ({ kind: 'absent', path }))
}

function reloadCommands(changes: readonly SysconfigChange[]): SysconfigPlan['commands'] {
  const paths = changes.map((change) => change.path)
  const reason = 'make systemd-networkd read the changed files'
  return [{ argv: ['networkctl', 'reload'], reason, whenChanged: paths, accept: [0, 1] }]
}
