import type { AddressConfig, InterfaceConfig, SysconfigConfig } from '@slipway/protocol'
import { selectInterface } from './select-interface.ts'
import {
  joinPlans,
  ownerLine,
  type InterfaceFact,
  type SysconfigChange,
  type SysconfigCommand,
  type SysconfigFacts,
  type SysconfigPlan,
} from './sysconfig-plan.ts'

/**
 * The rules for illumos: names and DNS are files; links and addresses belong to dlmgmtd and ipmgmtd, so they are
 * commands for the running system (dladm(8), ipadm(8)). Users are the same edits as elsewhere.
 */
export function planIllumos(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  return joinPlans([
    planNames(config),
    planDns(config, facts),
    planDefaults(config, facts),
    planProfile(config),
    ...config.interfaces.map((entry) => planInterface(entry, facts.interfaces)),
  ])
}

/** nodename(5), hosts(5). */
function planNames(config: SysconfigConfig): SysconfigPlan {
  const [short = ''] = config.hostname.split('.')
  const names = short === config.hostname ? short : `${config.hostname} ${short}`
  return {
    changes: [
      { kind: 'file', path: '/etc/nodename', content: `${config.hostname}\n`, mode: 0o644 },
      {
        kind: 'file',
        path: '/etc/inet/hosts',
        content: `${ownerLine}\n::1 localhost ${names}\n127.0.0.1 localhost loghost ${names}\n`,
        mode: 0o644,
      },
    ],
    commands: [
      {
        argv: ['uname', '-S', config.hostname],
        reason: 'give the running system its name',
        whenChanged: ['/etc/nodename'],
        accept: [0],
      },
    ],
    warnings: [],
  }
}

/** resolv.conf(5), and nsswitch.conf(5) from the system's own model with DNS. */
function planDns(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  if (config.nameservers.length === 0 && config.search.length === 0) return { changes: [], commands: [], warnings: [] }
  const lines = [ownerLine, ...config.nameservers.map((server) => `nameserver ${server}`)]
  if (config.search.length > 0) lines.push(`search ${config.search.join(' ')}`)
  const changes: SysconfigChange[] = [
    { kind: 'file', path: '/etc/resolv.conf', content: `${lines.join('\n')}\n`, mode: 0o644 },
  ]
  const model = facts.files['/etc/nsswitch.dns'] ?? null
  if (model !== null) changes.push({ kind: 'file', path: '/etc/nsswitch.conf', content: model, mode: 0o644 })
  return {
    changes,
    commands: [],
    warnings: model === null ? ['the image has no /etc/nsswitch.dns, so host names are not looked up in DNS'] : [],
  }
}

/** init(8): /etc/default/init holds TZ and LANG for everything that it starts. */
function planDefaults(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  const wanted = new Map<string, string>()
  if (config.timezone !== null) wanted.set('TZ', config.timezone)
  if (config.locale !== null) wanted.set('LANG', config.locale)
  if (wanted.size === 0) return { changes: [], commands: [], warnings: [] }
  const kept = (facts.files['/etc/default/init'] ?? '')
    .split('\n')
    .filter((line) => line !== '' && !wanted.has(line.split('=')[0] ?? ''))
  const lines = [...kept, ...[...wanted].map(([name, value]) => `${name}=${value}`)]
  return {
    changes: [{ kind: 'file', path: '/etc/default/init', content: `${lines.join('\n')}\n`, mode: 0o644 }],
    commands: [],
    warnings: [],
  }
}

/** smf_bootstrap(7): a site profile chooses between automatic and configured networking, and switches DNS on. */
function planProfile(config: SysconfigConfig): SysconfigPlan {
  const dns = config.nameservers.length > 0
  const instance = (service: string, name: string, enabled: boolean) =>
    `  <service name="${service}" type="service" version="1"><instance name="${name}" enabled="${enabled}"/></service>`
  const services = [
    instance('network/physical', 'nwam', false),
    instance('network/physical', 'default', true),
    ...(dns ? [instance('network/dns/client', 'default', true)] : []),
  ]
  const content = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE service_bundle SYSTEM "/usr/share/lib/xml/dtd/service_bundle.dtd.1">',
    '<service_bundle type="profile" name="slipway">',
    ...services,
    '</service_bundle>',
    '',
  ]
  return {
    changes: [{ kind: 'file', path: '/etc/svc/profile/site/slipway.xml', content: content.join('\n'), mode: 0o644 }],
    commands: [],
    warnings: [],
  }
}

/** Link by its permanent MAC, then name, VLAN, MTU, addresses, routes. Every command says which exit means "already so". */
function planInterface(entry: InterfaceConfig, facts: readonly InterfaceFact[]): SysconfigPlan {
  const fact = selectInterface(entry, facts)
  if (!fact) {
    const warning = `interface ${entry.name} is not on this machine, so its addresses are not configured`
    return { changes: [], commands: [], warnings: [warning] }
  }
  const link = entry.name
  const commands: SysconfigCommand[] = []
  const add = (reason: string, argv: readonly string[]) =>
    // 1: the object exists already (ipadm(8), dladm(8), route(8) have no "ensure"); the next command tells if it is wrong.
    commands.push({ argv, reason, whenChanged: [], accept: [0, 1] })
  if (entry.vlan !== null)
    add('tag the traffic', ['dladm', 'create-vlan', '-l', fact.name, '-v', String(entry.vlan), link])
  else if (fact.name !== link) add('name the link as written', ['dladm', 'rename-link', fact.name, link])
  if (entry.mtu !== null) add('set the MTU', ['dladm', 'set-linkprop', '-p', `mtu=${entry.mtu}`, link])
  add('make the IP interface', ['ipadm', 'create-ip', link])
  for (const address of entry.addresses) add('add the address', addressArgv(link, address))
  for (const gateway of entry.gateways) add('add the default route', routeArgv(gateway))
  return { changes: [], commands, warnings: [] }
}

/** ipadm(8), create-addr: address objects are named `LINK/NAME`. */
export function addressArgv(link: string, address: AddressConfig): string[] {
  const object = `${link}/${address.name}`
  switch (address.kind) {
    case 'static':
      return ['ipadm', 'create-addr', '-T', 'static', '-a', `local=${address.address ?? ''}`, object]
    case 'dhcp4':
      return ['ipadm', 'create-addr', '-T', 'dhcp', object]
    case 'dhcp6':
      // in.ndpd(8) starts DHCPv6 where a router's flags or its own configuration say so: stateful only.
      return ['ipadm', 'create-addr', '-T', 'addrconf', '-p', 'stateful=yes,stateless=no', object]
    case 'addrconf':
      return ['ipadm', 'create-addr', '-T', 'addrconf', object]
  }
}

/** route(8): -p keeps the route over reboots. */
function routeArgv(gateway: string): string[] {
  const family = gateway.includes(':') ? ['-inet6'] : []
  return ['route', '-p', 'add', ...family, 'default', gateway]
}
