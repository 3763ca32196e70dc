import type { SysconfigConfig } from '@slipway/protocol'
import { ownerLine, type SysconfigChange, type SysconfigFacts, type SysconfigPlan } from './sysconfig-plan.ts'

const resolvedStub = '../run/systemd/resolve/stub-resolv.conf'

/** hostname(5), hosts(5): Debian gives the machine's own name the address 127.0.1.1 so that it always resolves. */
export function planHostname(config: SysconfigConfig): SysconfigPlan {
  const [short = ''] = config.hostname.split('.')
  const names = short === config.hostname ? short : `${config.hostname} ${short}`
  const hosts = [
    ownerLine,
    '127.0.0.1 localhost',
    `127.0.1.1 ${names}`,
    '::1 localhost ip6-localhost ip6-loopback',
    'ff02::1 ip6-allnodes',
    'ff02::2 ip6-allrouters',
  ]
  return {
    changes: [
      { kind: 'file', path: '/etc/hostname', content: `${config.hostname}\n`, mode: 0o644 },
      { kind: 'file', path: '/etc/hosts', content: `${hosts.join('\n')}\n`, mode: 0o644 },
    ],
    commands: [
      {
        argv: ['hostname', config.hostname],
        reason: 'give the running system its name',
        whenChanged: ['/etc/hostname'],
        accept: [0],
      },
    ],
    warnings: [],
  }
}

/** resolved.conf(5) where systemd-resolved is installed, else resolv.conf(5). */
export function planResolver(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  if (config.nameservers.length === 0 && config.search.length === 0) return nothing
  if (!hasResolved(facts)) return plainResolver(config)
  const lines = [ownerLine, '[Resolve]']
  if (config.nameservers.length > 0) lines.push(`DNS=${config.nameservers.join(' ')}`)
  if (config.search.length > 0) lines.push(`Domains=${config.search.join(' ')}`)
  const path = '/etc/systemd/resolved.conf.d/10-slipway.conf'
  return {
    changes: [
      { kind: 'file', path, content: `${lines.join('\n')}\n`, mode: 0o644 },
      { kind: 'link', path: '/etc/resolv.conf', target: resolvedStub },
    ],
    commands: [
      {
        argv: ['systemctl', 'try-restart', 'systemd-resolved.service'],
        reason: 'make systemd-resolved read its servers again',
        whenChanged: [path],
        accept: [0],
      },
    ],
    warnings: [],
  }
}

function plainResolver(config: SysconfigConfig): SysconfigPlan {
  const lines = [ownerLine, ...config.nameservers.map((server) => `nameserver ${server}`)]
  if (config.search.length > 0) lines.push(`search ${config.search.join(' ')}`)
  // resolv.conf(5): the resolver reads the first three name servers only.
  const warnings =
    config.nameservers.length > 3 ? ['only the first three nameservers are used without systemd-resolved'] : []
  return {
    changes: [{ kind: 'file', path: '/etc/resolv.conf', content: `${lines.join('\n')}\n`, mode: 0o644 }],
    commands: [],
    warnings,
  }
}

function hasResolved(facts: SysconfigFacts): boolean {
  return facts.existing.has('/usr/lib/systemd/systemd-resolved') || facts.existing.has('/lib/systemd/systemd-resolved')
}

/** localtime(5) and Debian's /etc/timezone. */
export function planTimezone(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  if (config.timezone === null) return nothing
  const zone = `/usr/share/zoneinfo/${config.timezone}`
  const known = facts.existing.has(zone)
  return {
    changes: [
      { kind: 'link', path: '/etc/localtime', target: `..${zone}` },
      { kind: 'file', path: '/etc/timezone', content: `${config.timezone}\n`, mode: 0o644 },
    ],
    commands: [],
    warnings: known
      ? []
      : [`time zone ${config.timezone} is not in the image (no ${zone}); UTC is used until tzdata is there`],
  }
}

/** locale.conf(5), and Debian's /etc/default/locale and locale.gen(5). */
export function planLocale(config: SysconfigConfig, facts: SysconfigFacts): SysconfigPlan {
  if (config.locale === null) return nothing
  const content = `${ownerLine}\nLANG=${config.locale}\n`
  const changes: SysconfigChange[] = [
    { kind: 'file', path: '/etc/locale.conf', content, mode: 0o644 },
    { kind: 'file', path: '/etc/default/locale', content, mode: 0o644 },
  ]
  if (/^(C|POSIX)(\.UTF-8)?$/i.test(config.locale)) return { changes, commands: [], warnings: [] }
  const generator = '/usr/sbin/locale-gen'
  if (!facts.existing.has(generator)) {
    return {
      changes,
      commands: [],
      warnings: [`locale ${config.locale} cannot be made: the image has no ${generator}`],
    }
  }
  const path = '/etc/locale.gen'
  const line = `${config.locale} ${config.locale.split('.')[1] ?? 'UTF-8'}`
  const present = facts.files[path] ?? ''
  if (!present.split('\n').includes(line)) {
    const before = present === '' || present.endsWith('\n') ? present : `${present}\n`
    changes.push({ kind: 'file', path, content: `${before}${line}\n`, mode: 0o644 })
  }
  return {
    changes,
    commands: [{ argv: ['locale-gen'], reason: `make locale ${config.locale}`, whenChanged: [path], accept: [0] }],
    warnings: [],
  }
}

/** Units that are switched on as `systemctl enable` does it: by links (their [Install] sections, systemd 252). */
export function planUnits(facts: SysconfigFacts): SysconfigPlan {
  const units = [
    {
      unit: 'systemd-networkd.service',
      wants: ['multi-user.target.wants'],
      alias: 'dbus-org.freedesktop.network1.service',
    },
    { unit: 'systemd-networkd.socket', wants: ['sockets.target.wants'], alias: null },
    { unit: 'systemd-networkd-wait-online.service', wants: ['network-online.target.wants'], alias: null },
    {
      unit: 'systemd-resolved.service',
      wants: ['multi-user.target.wants'],
      alias: 'dbus-org.freedesktop.resolve1.service',
    },
  ]
  const changes = units.flatMap(({ unit, wants, alias }): SysconfigChange[] => {
    const source = [`/lib/systemd/system/${unit}`, `/usr/lib/systemd/system/${unit}`].find((path) =>
      facts.existing.has(path),
    )
    if (!source) return []
    const places = [...wants.map((folder) => `${folder}/${unit}`), ...(alias ? [alias] : [])]
    return places.map((place) => ({ kind: 'link', path: `/etc/systemd/system/${place}`, target: source }))
  })
  return { changes, commands: [], warnings: [] }
}

const nothing: SysconfigPlan = { changes: [], commands: [], warnings: [] }
