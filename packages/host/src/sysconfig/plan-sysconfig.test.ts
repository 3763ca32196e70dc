import type { SysconfigConfig } from '@slipway/protocol'
import { isFault } from '@slipway/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planSysconfig } from './plan-sysconfig.ts'
import type { SysconfigFacts, SysconfigPlan } from './sysconfig-plan.ts'
import { hostileConfig, legalConfig } from './testing/arbitrary-config.ts'

const facts: SysconfigFacts = {
  interfaces: [
    { name: 'ens3', mac: '52:54:00:00:00:01', driver: 'virtio_net', bus_index: 0 },
    { name: 'ens4', mac: '52:54:00:00:00:02', driver: 'e1000e', bus_index: 1 },
  ],
  files: {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\ntaken:x:1000:1000::/home/taken:/bin/sh\n',
    '/etc/shadow': 'root:*:1::::::\ntaken:*:1::::::\n',
    '/etc/group': 'root:x:0:\nshadow:x:42:\ntaken:x:1000:\n',
  },
  existing: new Set([
    '/lib/systemd/systemd-resolved',
    '/lib/systemd/system/systemd-networkd.service',
    '/usr/bin/sudo',
    '/usr/share/zoneinfo/Europe/Zurich',
  ]),
}

const base: SysconfigConfig = {
  hostname: 'machine-01.example.com',
  nameservers: ['192.0.2.1', '2001:db8::1'],
  search: ['example.com'],
  timezone: 'Europe/Zurich',
  locale: null,
  interfaces: [],
  users: [],
}

function contentOf(plan: SysconfigPlan, path: string): string | undefined {
  const found = plan.changes.find((change) => change.path === path)
  return found?.kind === 'file' ? found.content.replace(/^# Written by sysconfig.*\n/, '') : undefined
}

const net = (parts: Partial<SysconfigConfig['interfaces'][number]>): SysconfigConfig => ({
  ...base,
  interfaces: [{ name: 'net0', selector: null, addresses: [], gateways: [], mtu: null, vlan: null, ...parts }],
})

describe('the rules for Debian', () => {
  test('name the machine and make its own name resolve', () => {
    const plan = planSysconfig(base, facts, 'linux')
    expect(contentOf(plan, '/etc/hostname')).toBe('machine-01.example.com\n')
    expect(contentOf(plan, '/etc/hosts')).toContain('\n127.0.1.1 machine-01.example.com machine-01\n')
  })

  test('give DNS servers to systemd-resolved where it is installed, else to resolv.conf', () => {
    const plan = planSysconfig(base, facts, 'linux')
    expect(contentOf(plan, '/etc/systemd/resolved.conf.d/10-slipway.conf')).toBe(
      '[Resolve]\nDNS=192.0.2.1 2001:db8::1\nDomains=example.com\n',
    )
    expect(plan.changes).toContainEqual({
      kind: 'link',
      path: '/etc/resolv.conf',
      target: '../run/systemd/resolve/stub-resolv.conf',
    })
    const plain = planSysconfig(base, { ...facts, existing: new Set() }, 'linux')
    expect(contentOf(plain, '/etc/resolv.conf')).toBe(
      'nameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch example.com\n',
    )
  })

  test('match an interface by its permanent MAC and name it as written', () => {
    const addresses = [{ name: 'primary', kind: 'static' as const, address: '192.168.1.100/24' }]
    const plan = planSysconfig(
      net({ name: 'lan', selector: 'driver:e1000e', addresses, gateways: ['192.168.1.1'], mtu: 9000 }),
      facts,
      'linux',
    )
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-lan.link')).toBe(
      '[Match]\nPermanentMACAddress=52:54:00:00:00:02\n\n[Link]\nName=lan\nMTUBytes=9000\n',
    )
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-lan.network')).toBe(
      '[Match]\nName=lan\n\n[Network]\nDHCP=no\nIPv6AcceptRA=no\nAddress=192.168.1.100/24\nGateway=192.168.1.1\n',
    )
  })

  test('a bare netN is the N-th physical interface in bus order', () => {
    const plan = planSysconfig(net({ name: 'net1' }), facts, 'linux')
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-net1.link')).toContain(
      'PermanentMACAddress=52:54:00:00:00:02\n',
    )
  })

  test.each([
    [['dhcp4'], 'DHCP=ipv4\nIPv6AcceptRA=no\n'],
    [['dhcp6'], 'DHCP=ipv6\nIPv6AcceptRA=no\n\n[DHCPv6]\nWithoutRA=solicit\n'],
    [['dhcp4', 'dhcp6', 'addrconf'], 'DHCP=yes\nIPv6AcceptRA=yes\n'],
    [['addrconf'], 'DHCP=no\nIPv6AcceptRA=yes\n'],
  ] as const)('address kinds %j become %j', (kinds, lines) => {
    const addresses = kinds.map((kind) => ({ name: kind, kind, address: null }))
    const plan = planSysconfig(net({ addresses }), facts, 'linux')
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-net0.network')).toBe(
      `[Match]\nName=net0\n\n[Network]\n${lines}`,
    )
  })

  test('a VLAN carries the addresses, and the NIC below it none', () => {
    const addresses = [{ name: 'v4', kind: 'static' as const, address: '10.0.0.2/24' }]
    const plan = planSysconfig(net({ vlan: 42, addresses }), facts, 'linux')
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-net0.network')).toBe(
      '[Match]\nName=net0\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nVLAN=net0.42\n',
    )
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-net0.42.netdev')).toBe(
      '[NetDev]\nName=net0.42\nKind=vlan\n\n[VLAN]\nId=42\n',
    )
    expect(contentOf(plan, '/etc/systemd/network/10-slipway-net0.42.network')).toContain('Address=10.0.0.2/24\n')
  })

  test('an interface that an earlier config had is taken away again', () => {
    const old = '/etc/systemd/network/10-slipway-old.network'
    const theirs = '/etc/systemd/network/50-theirs.network'
    const plan = planSysconfig(base, { ...facts, existing: new Set([...facts.existing, old, theirs]) }, 'linux')
    expect(plan.changes.filter((change) => change.kind === 'absent')).toEqual([{ kind: 'absent', path: old }])
  })

  test('a user gets a free id, keys only it can read, and sudo by one file', () => {
    const user = { name: 'ada', ssh_keys: ['ssh-ed25519 AAAA ada@desk'], password_hash: null, sudo: true }
    const plan = planSysconfig({ ...base, users: [user] }, facts, 'linux')
    expect(contentOf(plan, '/etc/passwd')).toBe(`${facts.files['/etc/passwd']}ada:x:1001:1001::/home/ada:/bin/bash\n`)
    expect(contentOf(plan, '/etc/shadow')).toContain('\nada:*:::::::\n')
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ path: '/home/ada/.ssh/authorized_keys', mode: 0o600, owner: { uid: 1001, gid: 1001 } }),
    )
    expect(plan.changes).toContainEqual({
      kind: 'file',
      path: '/etc/sudoers.d/10-slipway-ada',
      content: 'ada ALL=(ALL:ALL) NOPASSWD: ALL\n',
      mode: 0o440,
    })
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ path: '/etc/shadow', mode: 0o640, owner: { uid: 0, gid: 42 } }),
    )
  })

  test('what will not take effect is said in a warning', () => {
    const user = { name: 'ada', ssh_keys: [], password_hash: null, sudo: true }
    const wanted = { ...net({ name: 'eth9' }), timezone: 'Mars/Olympus', locale: 'de_CH.UTF-8', users: [user] }
    const { warnings } = planSysconfig(wanted, { ...facts, existing: new Set() }, 'linux')
    expect(warnings.map((warning) => /eth9|Mars\/Olympus|de_CH|sudo/.exec(warning)?.[0])).toEqual([
      'eth9',
      'Mars/Olympus',
      'de_CH',
      'sudo',
    ])
  })
})

/** Keys that our own rules write; anything else in such a file came out of a value. */
const unitKeys =
  /^(# .*|\[(Match|Link|Network|NetDev|VLAN|DHCPv6|Resolve)\]|(Name|PermanentMACAddress|MTUBytes|DHCP|IPv6AcceptRA|LinkLocalAddressing|Address|Gateway|VLAN|Kind|Id|WithoutRA|DNS|Domains)=[!-~ ]*|)$/

function assertWellFormed(plan: SysconfigPlan): void {
  for (const change of plan.changes) {
    expect(change.path).toMatch(/^\/[A-Za-z0-9_./-]+$/)
    expect(change.path).not.toContain('..')
    if (change.kind !== 'file') continue
    const lines = change.content.split('\n')
    if (change.path.includes('/systemd/')) for (const line of lines) expect(line).toMatch(unitKeys)
    if (change.path === '/etc/passwd') for (const line of lines.slice(0, -1)) expect(line.split(':')).toHaveLength(7)
    if (change.path.startsWith('/etc/sudoers.d/')) expect(lines).toHaveLength(2)
    if (change.path === '/etc/hostname') expect(lines).toHaveLength(2)
  }
  const root = contentOf(plan, '/etc/passwd')
    ?.split('\n')
    .filter((line) => line.split(':')[2] === '0')
  if (root) expect(root).toHaveLength(1)
}

describe('values', () => {
  test('every legal config gives well-formed files, on both platforms', () => {
    fc.assert(
      fc.property(legalConfig, fc.constantFrom('linux' as const, 'illumos' as const), (config, platform) => {
        assertWellFormed(planSysconfig(config, facts, platform))
      }),
    )
  })

  test('no value breaks out of a file: it is refused, or it stays where it belongs', () => {
    const seen = { refused: 0, written: 0 }
    fc.assert(
      fc.property(hostileConfig, fc.constantFrom('linux' as const, 'illumos' as const), (config, platform) => {
        let plan: SysconfigPlan
        try {
          plan = planSysconfig(config, facts, platform)
        } catch (error) {
          seen.refused += 1
          expect(isFault(error, 'config-invalid')).toBe(true)
          return
        }
        seen.written += 1
        assertWellFormed(plan)
      }),
      { numRuns: 1000 },
    )
    expect(seen.refused).toBeGreaterThan(100)
    // About one in a hundred passes: more than none is all that chance allows to ask.
    expect(seen.written).toBeGreaterThan(0)
  })

  test('a refused password hash is named and never repeated', () => {
    const user = { name: 'ada', ssh_keys: [], password_hash: 'secret:hash', sudo: false }
    expect(() => planSysconfig({ ...base, users: [user] }, facts, 'linux')).toThrow(
      /password hash of user is malformed/,
    )
    expect(() => planSysconfig({ ...base, users: [user] }, facts, 'linux')).not.toThrow(/secret/)
  })
})
