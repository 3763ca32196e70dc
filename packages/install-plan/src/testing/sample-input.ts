import type { Disk, Inventory, MachineConfig, NetworkInterface, PoolConfig, ResolvedImage } from '@slipway/protocol'
import type { PlanInput } from '../plan-input.ts'

const GB = 1e9

/** A blank 20 GB disk. */
export function blankDisk(name: string, changes: Partial<Disk> = {}): Disk {
  return {
    name,
    by_id: [`virtio-SN-${name}`],
    by_path: `pci-0000:00:0${name.length}.0-${name}`,
    serial: `SN-${name}`,
    wwn: null,
    model: 'Virtual disk',
    bytes: 20 * GB,
    sector_bytes: 512,
    rotational: false,
    transport: 'virtio',
    read_only: false,
    partition_table: null,
    partitions: [],
    signatures: [],
    pool: null,
    pool_imported: false,
    mounted: false,
    live_medium: false,
    ...changes,
  }
}

/** A disk that somebody else's Windows and Linux live on. */
export function usedDisk(name: string): Disk {
  const partition = (number: number, signature: string) => ({
    number,
    device: `${name}${number}`,
    bytes: 5 * GB,
    type: null,
    label: null,
    signature,
    mounted_at: null,
  })
  return blankDisk(name, {
    partition_table: 'gpt',
    partitions: [partition(1, 'vfat'), partition(2, 'ntfs'), partition(3, 'ext4')],
    signatures: ['gpt'],
  })
}

export const sampleInterface: NetworkInterface = {
  name: 'enp1s0',
  mac: '02:00:00:00:00:01',
  driver: 'virtio_net',
  link: 'up',
  speed_mbps: 1000,
  addresses: [],
  bus_index: 0,
  onboard: true,
}

/** A machine with these disks. */
export function sampleInventory(disks: Disk[], changes: Partial<Inventory> = {}): Inventory {
  return {
    machine_id: 'm-1',
    hostname: 'live',
    boot_id: 'boot-1',
    version: '0.1.0',
    platform: 'linux',
    architecture: 'amd64',
    simulated: true,
    virtual: true,
    cpus: { cores: 2, model: null },
    memory_bytes: 4 * GB,
    firmware: 'uefi',
    secure_boot: false,
    disks,
    interfaces: [sampleInterface],
    pools: [],
    smbios: { uuid: null, manufacturer: null, product: null, serial: null },
    capabilities: ['zfs'],
    highest_fence: 0,
    stamps: [],
    ...changes,
  }
}

/** An image of so many layers of 10 MB. */
export function sampleImage(layers: number, os = 'linux'): ResolvedImage {
  const digest = (index: number) => `sha256:${String(index).padStart(64, '0')}`
  return {
    reference: 'oci://registry.example.com/linux/base:1',
    digest: digest(99),
    index_digest: null,
    platform: { os, architecture: 'amd64' },
    labels: {},
    layers: Array.from({ length: layers }, (_, index) => ({
      digest: digest(index),
      diff_id: digest(index + 50),
      media_type: 'application/vnd.oci.image.layer.v1.tar+gzip',
      bytes: 10e6,
    })),
    bytes_total: layers * 10e6,
  }
}

/** A root pool of one vdev. */
export function rootPool(kind: PoolConfig['vdevs'][number]['kind'], disks: string[]): PoolConfig {
  return { name: 'rpool', root: true, existing: false, vdevs: [{ kind, disks }], options: { compression: 'zstd' } }
}

/** A config with nothing but a host name and one interface; give it a pool or a file system. */
export function sampleConfig(changes: Partial<MachineConfig>): MachineConfig {
  return {
    pools: [],
    filesystem: null,
    image: 'oci://registry.example.com/linux/base:1',
    boot_environment_name: null,
    wipes: [],
    swap_bytes: null,
    dump_bytes: null,
    reboot: true,
    agent: true,
    sysconfig: {
      hostname: 'machine-01',
      nameservers: ['8.8.8.8'],
      search: [],
      timezone: null,
      locale: null,
      interfaces: [{ name: 'net0', selector: null, addresses: [], gateways: [], mtu: null, vlan: null }],
      users: [],
    },
    ...changes,
  }
}

/** The input of a plan: every disk is resolved by its device name. */
export function sampleInput(config: MachineConfig, inventory: Inventory, changes: Partial<PlanInput> = {}): PlanInput {
  return {
    machineId: inventory.machine_id,
    config,
    resolved: {
      disks: Object.fromEntries(inventory.disks.map((disk) => [disk.name, disk])),
      interfaces: { net0: sampleInterface },
    },
    inventory,
    image: sampleImage(2, inventory.platform),
    options: { agent: true, now: new Date('2026-01-02T03:04:05Z') },
    ...changes,
  }
}
