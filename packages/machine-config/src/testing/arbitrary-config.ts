import fc from 'fast-check'
import {
  addressKinds,
  type AddressConfig,
  type InterfaceConfig,
  type MachineConfig,
  type PoolConfig,
  type UserConfig,
  type VdevConfig,
} from '@slipway/protocol'

const disk = (index: number) => `c${index}t0d0`
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/u)
const anyText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((text) => !/[\u0000-\u001f\u007f]/u.test(text))
const option = fc.oneof(
  fc.record({ name: fc.constant('compression'), value: fc.constantFrom('zstd', 'lz4', 'gzip-9', 'off') }),
  fc.record({ name: fc.constantFrom('atime', 'autotrim', 'autoexpand'), value: fc.constantFrom(true, false, 'on') }),
  fc.record({ name: fc.constant('ashift'), value: fc.integer({ min: 9, max: 16 }) }),
  // Any text that ZFS keeps, to show that quoting loses nothing.
  fc.record({
    name: fc.constant('org.example:note'),
    value: anyText,
  }),
)
const options = fc
  .array(option, { maxLength: 4 })
  .map((list) => Object.fromEntries(list.map(({ name, value }) => [name, value])))

const kinds = { mirror: 2, raidz1: 3, raidz2: 3, raidz3: 4, stripe: 1 } as const
const extras = ['spare', 'log', 'cache', 'special', 'dedup'] as const

interface PoolSeed {
  readonly name: string
  readonly data: (keyof typeof kinds)[]
  readonly extra: (typeof extras)[number][]
  readonly options: PoolConfig['options']
}

const poolSeed: fc.Arbitrary<PoolSeed> = fc.record({
  name: word,
  data: fc.array(fc.constantFrom('mirror', 'raidz1', 'raidz2', 'raidz3', 'stripe'), { minLength: 1, maxLength: 2 }),
  extra: fc.array(fc.constantFrom(...extras), { maxLength: 2 }),
  options,
})

/** Every disk gets a number of its own, so that none is used twice. */
function makePools(seeds: readonly PoolSeed[], root: number | null, existing: boolean): PoolConfig[] {
  let next = 1
  const take = (count: number) => Array.from({ length: count }, () => disk(next++))
  return seeds.map((seed, index): PoolConfig => {
    // A prefix keeps clear of reserved words and makes names unique.
    const name = `p${index}-${seed.name}`
    if (existing && index === root) return { name, root: true, existing: true, vdevs: [], options: {} }
    const vdevs: VdevConfig[] = [
      ...seed.data.map((kind) => ({ kind, disks: take(kinds[kind]) })),
      ...seed.extra.map((kind) => ({ kind, disks: take(1) })),
    ]
    return { name, root: index === root, existing: false, vdevs, options: seed.options }
  })
}

const address = fc
  .record({ kind: fc.constantFrom(...addressKinds), host: fc.integer({ min: 1, max: 250 }) })
  .map(({ kind, host }) => ({ kind, address: kind === 'static' ? `10.0.0.${host}/24` : null }))

const interfaceSeed = fc.record({
  addresses: fc.uniqueArray(address, { selector: ({ kind }) => kind, maxLength: 3 }),
  selector: fc.constantFrom('mac', 'driver', null),
  mtu: fc.option(fc.integer({ min: 1280, max: 9000 })),
  vlan: fc.option(fc.integer({ min: 1, max: 4094 })),
  gateway: fc.boolean(),
})

const interfaces = fc.array(interfaceSeed, { maxLength: 4 }).map((seeds): InterfaceConfig[] =>
  seeds.map((seed, index) => ({
    name: `net${index}`,
    selector:
      seed.selector === null ? null : seed.selector === 'mac' ? `mac:02:00:00:00:00:0${index}` : `driver:drv${index}`,
    // One network per interface, so that no address is given twice.
    addresses: seed.addresses.map(({ kind, address }, at): AddressConfig => ({
      name: `a${at}`,
      kind,
      address: address?.replace('10.0.0', `10.0.${index}`) ?? null,
    })),
    gateways: seed.gateway && seed.addresses.some(({ kind }) => kind === 'static') ? [`10.0.${index}.254`] : [],
    mtu: seed.mtu,
    vlan: seed.vlan,
  })),
)

const user = fc.record<UserConfig>({
  name: word,
  ssh_keys: fc.constantFrom(
    [],
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a b'],
  ),
  password_hash: fc.constantFrom('$6$salt$hashhashhash', null),
  sudo: fc.boolean(),
})
const size = fc.option(
  fc.oneof(
    fc.integer({ min: 1, max: 64 }).map((giga) => giga * 1024 ** 3),
    fc.integer({ min: 1024 ** 2, max: 2 ** 40 }),
    fc.constant(0),
  ),
)

/** Legal machine configs of every class: pools with root first or later, ext4, and an existing pool. */
export const arbitraryConfig: fc.Arbitrary<MachineConfig> = fc
  .record({
    holder: fc.constantFrom('first', 'later', 'ext4', 'existing'),
    seeds: fc.array(poolSeed, { minLength: 1, maxLength: 3 }),
    wipe: fc.constantFrom('none', 'quick', 'secure', undefined),
    image: fc.constantFrom('a.example.com/b', 'localhost:5000/b/c:1.2', `r.example.com/x@sha256:${'0a'.repeat(32)}`),
    boot: fc.option(word),
    swap: size,
    dump: size,
    reboot: fc.boolean(),
    agent: fc.boolean(),
    hostname: word,
    nameservers: fc.uniqueArray(
      fc.ipV4().filter((ip) => !ip.includes('.0')),
      { maxLength: 2 },
    ),
    search: fc.array(fc.domain(), { maxLength: 2 }),
    timezone: fc.constantFrom('Europe/Zurich', 'UTC', null),
    locale: fc.constantFrom('en_US.UTF-8', 'C.UTF-8', null),
    interfaces,
    users: fc.uniqueArray(user, { selector: ({ name }) => name, maxLength: 2 }),
  })
  .map((seed): MachineConfig => {
    const root = seed.holder === 'ext4' ? null : seed.holder === 'later' ? seed.seeds.length - 1 : 0
    return {
      pools: makePools(seed.seeds, root, seed.holder === 'existing'),
      filesystem: seed.holder === 'ext4' ? { kind: 'ext4', disks: ['vda'] } : null,
      image: `oci://${seed.image}`,
      boot_environment_name: seed.boot,
      wipes: seed.wipe === undefined ? [] : [{ mode: seed.wipe, disks: ['c1t0d0', 'vdz'] }],
      swap_bytes: seed.swap,
      dump_bytes: seed.dump,
      reboot: seed.reboot,
      agent: seed.agent,
      sysconfig: {
        hostname: seed.hostname,
        nameservers: seed.nameservers,
        search: seed.search,
        timezone: seed.timezone,
        locale: seed.locale,
        interfaces: seed.interfaces,
        users: seed.users,
      },
    }
  })

/** Which class a config is of, for the distribution that the property prints. */
export function classOf(config: MachineConfig): string {
  const root = config.pools.findIndex((pool) => pool.root)
  if (config.filesystem) return 'ext4'
  if (config.pools[root]?.existing) return 'existing pool'
  return root === 0 ? 'root pool first' : 'root pool later'
}
