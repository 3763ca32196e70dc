import type { Disk, Inventory, NetworkInterface } from '@slipway/protocol'
import { seededHex, seededRandom, seededUuid, type SeededRandom } from './seeded-random.ts'

/** Hardware of a simulated machine, as its seed makes it: 2 to 6 equal blank disks, 1 to 4 interfaces. */
export function seedProfile(input: {
  seed: string
  machineId: string
  hostname: string
  platform: 'linux' | 'illumos'
}): Inventory {
  const { seed, machineId, hostname, platform } = input
  const random = seededRandom(`${seed}/${machineId}/hardware`)
  const model = pick(random, ['Simulated CPU 2400', 'Simulated CPU 3100'])
  const cores = pick(random, [2, 4, 8, 16, 32, 64])
  return {
    machine_id: machineId,
    hostname,
    boot_id: seededUuid(`${seed}/${machineId}/boot/0`),
    version: 'simulated',
    platform,
    architecture: 'amd64',
    simulated: true,
    virtual: true,
    cpus: { cores, model },
    memory_bytes: cores * 4 * 1024 ** 3,
    firmware: 'uefi',
    secure_boot: false,
    disks: makeDisks(random, `${seed}/${machineId}`, platform),
    interfaces: makeInterfaces(random, `${seed}/${machineId}`, platform),
    pools: [],
    smbios: {
      uuid: seededUuid(`${seed}/${machineId}/smbios`),
      manufacturer: 'Slipway',
      product: 'Simulated machine',
      serial: `SIM-${seededHex(`${seed}/${machineId}/serial`, 10).toUpperCase()}`,
    },
    capabilities: platform === 'illumos' ? ['zfs', 'bhyve', 'zones'] : ['zfs'],
    highest_fence: 0,
    stamps: [],
  }
}

function makeDisks(random: SeededRandom, seed: string, platform: 'linux' | 'illumos'): Disk[] {
  const count = 2 + Math.floor(random() * 5)
  const bytes = pick(random, [20e9, 32e9, 120e9, 240e9, 480e9, 960e9])
  return Array.from({ length: count }, (_, index) => {
    const serial = `SIM${seededHex(`${seed}/disk/${index}`, 12).toUpperCase()}`
    const name = platform === 'illumos' ? `c${5 + index}t0d0` : `vd${String.fromCharCode(97 + index)}`
    return {
      name,
      by_id: platform === 'illumos' ? [] : [`virtio-${serial}`],
      by_path: `pci-0000:00:${(4 + index).toString(16).padStart(2, '0')}.0`,
      serial,
      wwn: platform === 'illumos' ? `0x5000c5${seededHex(`${seed}/wwn/${index}`, 10)}` : null,
      model: 'Simulated disk',
      bytes,
      sector_bytes: 512,
      rotational: false,
      transport: platform === 'illumos' ? 'sas' : 'virtio',
      read_only: false,
      partition_table: null,
      partitions: [],
      signatures: [],
      pool: null,
      pool_imported: false,
      mounted: false,
      live_medium: false,
    }
  })
}

function makeInterfaces(random: SeededRandom, seed: string, platform: 'linux' | 'illumos'): NetworkInterface[] {
  const count = 1 + Math.floor(random() * 4)
  return Array.from({ length: count }, (_, index) => ({
    name: platform === 'illumos' ? `vioif${index}` : `enp${index + 1}s0`,
    // 02: locally administered, so that a simulated MAC is never somebody's real one (IEEE 802c).
    mac: `02:${(seededHex(`${seed}/mac/${index}`, 10).match(/../g) ?? []).join(':')}`,
    driver: platform === 'illumos' ? 'vioif' : 'virtio_net',
    link: index === 0 ? ('up' as const) : ('down' as const),
    speed_mbps: index === 0 ? 10_000 : null,
    // 198.18.0.0/15 is for benchmarks (RFC 2544): nobody's network.
    addresses: index === 0 ? [`198.18.${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}/15`] : [],
    bus_index: index,
    onboard: true,
  }))
}

function pick<T>(random: SeededRandom, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0]
}
