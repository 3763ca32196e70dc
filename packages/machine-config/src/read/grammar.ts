/**
 * The language as data: which arguments, properties and children each node has (machine-config.md).
 * `readNode` reports everything that is not here.
 */
export type ValueType = 'string' | 'integer' | 'boolean'
export type Occurrence = 'one' | 'optional' | 'many'

export interface Shape {
  /** Types of the arguments that have to be there, in order. */
  readonly arguments: readonly ValueType[]
  /** True where the single argument type may be repeated, or (address) left away. */
  readonly variadic?: 'many' | 'optional'
  readonly properties: Readonly<Record<string, { readonly type: ValueType; readonly required?: boolean }>>
  readonly children: Readonly<Record<string, Occurrence>>
  /** Children of any name are read by the caller. */
  readonly open?: boolean
  /** How it is written, for cures. */
  readonly example: string
}

const leaf = (type: ValueType, example: string): Shape => ({
  arguments: [type],
  properties: {},
  children: {},
  example,
})

export const grammar = {
  document: {
    arguments: [],
    properties: {},
    children: {
      pool: 'many',
      filesystem: 'optional',
      image: 'one',
      'boot-environment-name': 'optional',
      wipe: 'many',
      swap: 'optional',
      dump: 'optional',
      reboot: 'optional',
      agent: 'optional',
      sysconfig: 'one',
    },
    example: '',
  },
  pool: {
    arguments: ['string'],
    properties: { root: { type: 'boolean' }, existing: { type: 'boolean' } },
    children: { vdev: 'many', options: 'optional' },
    example: 'pool "rpool" { vdev "mirror" { disks "c5t0d0" "c6t0d0" } }',
  },
  vdev: {
    arguments: ['string'],
    properties: {},
    children: { disks: 'one' },
    example: 'vdev "mirror" { disks "c5t0d0" "c6t0d0" }',
  },
  disks: {
    arguments: ['string'],
    variadic: 'many',
    properties: {},
    children: {},
    example: 'disks "c5t0d0" "c6t0d0"',
  },
  options: {
    arguments: [],
    properties: {},
    children: {},
    open: true,
    example: 'options { compression "zstd"; ashift 12 }',
  },
  filesystem: {
    arguments: ['string'],
    properties: {},
    children: { disks: 'one' },
    example: 'filesystem "ext4" { disks "vda" }',
  },
  wipe: {
    arguments: ['string'],
    properties: {},
    children: { disks: 'one' },
    example: 'wipe "quick" { disks "c5t0d0" }',
  },
  image: leaf('string', 'image "oci://registry.example.com/illumos/base:latest"'),
  'boot-environment-name': leaf('string', 'boot-environment-name "be-2026"'),
  swap: leaf('string', 'swap "4G"'),
  dump: leaf('string', 'dump "2G"'),
  reboot: leaf('boolean', 'reboot #false'),
  agent: leaf('boolean', 'agent #false'),
  sysconfig: {
    arguments: [],
    properties: {},
    children: {
      hostname: 'one',
      nameserver: 'many',
      search: 'many',
      timezone: 'optional',
      locale: 'optional',
      interface: 'many',
      user: 'many',
    },
    example: 'sysconfig { hostname "machine-01" }',
  },
  hostname: leaf('string', 'hostname "machine-01"'),
  nameserver: leaf('string', 'nameserver "8.8.8.8"'),
  search: leaf('string', 'search "example.com"'),
  timezone: leaf('string', 'timezone "Europe/Zurich"'),
  locale: leaf('string', 'locale "en_US.UTF-8"'),
  interface: {
    arguments: ['string'],
    properties: { selector: { type: 'string' } },
    children: { address: 'many', gateway: 'many', mtu: 'optional', vlan: 'optional' },
    example: 'interface "net0" selector="mac:00:0c:29:3e:4f:50" { address name="v4" kind="dhcp4" }',
  },
  address: {
    arguments: ['string'],
    variadic: 'optional',
    properties: { name: { type: 'string', required: true }, kind: { type: 'string', required: true } },
    children: {},
    example: 'address name="primary" kind="static" "192.168.1.100/24"',
  },
  gateway: leaf('string', 'gateway "192.168.1.1"'),
  mtu: leaf('integer', 'mtu 9000'),
  vlan: {
    arguments: [],
    properties: { id: { type: 'integer', required: true } },
    children: {},
    example: 'vlan id=42',
  },
  user: {
    arguments: ['string'],
    properties: {},
    children: { 'ssh-key': 'many', 'password-hash': 'optional', sudo: 'optional' },
    example: 'user "ada" { ssh-key "ssh-ed25519 AAAA…"; sudo #true }',
  },
  'ssh-key': leaf('string', 'ssh-key "ssh-ed25519 AAAA… ada@example.com"'),
  'password-hash': leaf('string', 'password-hash "$6$…"'),
  sudo: leaf('boolean', 'sudo #true'),
} as const satisfies Record<string, Shape>

export type ShapeName = keyof typeof grammar

/** Names the nodes under which a node may stand, for "it belongs into `sysconfig`". */
export function parentsOf(child: string): string[] {
  return Object.entries(grammar)
    .filter(([, shape]) => Object.hasOwn(shape.children, child))
    .map(([name]) => name)
}
