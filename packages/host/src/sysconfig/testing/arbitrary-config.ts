import type { AddressConfig, InterfaceConfig, SysconfigConfig, UserConfig } from '@slipway/protocol'
import fc from 'fast-check'

/** Text as an attacker writes it: line ends, section heads, separators, comments, quotes, NUL, lone surrogates. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.string({ maxLength: 5 }),
      fc.constantFrom(
        '\n',
        '\r\n',
        '\0',
        ':',
        ' ',
        '\n[Match]\n',
        '\nroot::0:0::/:/bin/sh\n',
        '#',
        '"',
        "'",
        '\\',
        '\u2028',
        '\ud800',
      ),
      fc.string({ maxLength: 5 }),
    )
    .map((parts) => parts.join('')),
)

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const ipv4 = fc.ipV4()

const address: fc.Arbitrary<AddressConfig> = fc.oneof(
  fc.record({
    name,
    kind: fc.constant('static' as const),
    address: fc.tuple(ipv4, fc.integer({ min: 1, max: 32 })).map(([ip, prefix]) => `${ip}/${prefix}`),
  }),
  fc.record({
    name,
    kind: fc.constantFrom('dhcp4' as const, 'dhcp6' as const, 'addrconf' as const),
    address: fc.constant(null),
  }),
)

const networkInterface: fc.Arbitrary<InterfaceConfig> = fc.record({
  name,
  selector: fc.option(fc.constant('mac:52:54:00:00:00:01')),
  addresses: fc.array(address, { maxLength: 3 }),
  gateways: fc.array(ipv4, { maxLength: 2 }),
  mtu: fc.option(fc.integer({ min: 68, max: 9000 })),
  vlan: fc.option(fc.integer({ min: 1, max: 4094 })),
})

const user: fc.Arbitrary<UserConfig> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/),
  ssh_keys: fc.array(fc.constantFrom('ssh-ed25519 AAAAC3Nza ada@desk', 'ssh-rsa AAAAB3Nza'), { maxLength: 2 }),
  password_hash: fc.option(fc.constant('$6$salt$0123456789abcdef')),
  sudo: fc.boolean(),
})

/** Configs that a check would let pass. */
export const legalConfig: fc.Arbitrary<SysconfigConfig> = fc.record({
  hostname: fc.stringMatching(/^[a-z][a-z0-9]{0,20}(\.example\.com)?$/),
  nameservers: fc.array(ipv4, { maxLength: 3 }),
  search: fc.array(fc.constantFrom('example.com', 'lab.example'), { maxLength: 2 }),
  timezone: fc.option(fc.constantFrom('Europe/Zurich', 'UTC')),
  locale: fc.option(fc.constantFrom('C.UTF-8', 'en_US.UTF-8')),
  interfaces: fc.uniqueArray(networkInterface, { maxLength: 3, selector: (entry) => entry.name }),
  users: fc.uniqueArray(user, { maxLength: 3, selector: (entry) => entry.name }),
})

/** The same with hostile text in one place or in all. */
export const hostileConfig: fc.Arbitrary<SysconfigConfig> = fc
  .tuple(legalConfig, hostileText, fc.integer({ min: 0, max: 10 }))
  .map(([config, text, place]) => withText(config, text, place))

function withText(config: SysconfigConfig, text: string, place: number): SysconfigConfig {
  const entry: InterfaceConfig = { name: 'net0', selector: null, addresses: [], gateways: [], mtu: null, vlan: null }
  const person: UserConfig = { name: 'ada', ssh_keys: [], password_hash: null, sudo: true }
  const addressOf = (part: Partial<AddressConfig>): AddressConfig => ({
    name: 'v4',
    kind: 'static',
    address: null,
    ...part,
  })
  const variants: SysconfigConfig[] = [
    { ...config, hostname: text },
    { ...config, nameservers: [text] },
    { ...config, search: [text] },
    { ...config, timezone: text },
    { ...config, locale: text },
    { ...config, interfaces: [{ ...entry, name: text }] },
    { ...config, interfaces: [{ ...entry, selector: text }] },
    { ...config, interfaces: [{ ...entry, gateways: [text], addresses: [addressOf({ address: text })] }] },
    { ...config, users: [{ ...person, name: text }] },
    { ...config, users: [{ ...person, password_hash: text }] },
    { ...config, users: [{ ...person, ssh_keys: [text] }] },
  ]
  return variants[place] ?? config
}
