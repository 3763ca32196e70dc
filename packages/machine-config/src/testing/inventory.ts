import type { Disk, Inventory, NetworkInterface } from '@slipway/protocol'

/** A blank disk that may be used; `name` also makes its serial. */
export function makeDisk(name: string, change: Partial<Disk> = {}): Disk {
  return {
    name,
    by_id: [`ata-Model_S-${name}`],
    by_path: `pci-0000:00:1f.2-${name}`,
    serial: `S-${name}`,
    wwn: null,
    model: 'Model',
    bytes: 400e9,
    sector_bytes: 512,
    rotational: false,
    transport: 'sata',
    read_only: false,
    partition_table: null,
    partitions: [],
    signatures: [],
    pool: null,
    pool_imported: false,
    mounted: false,
    live_medium: false,
    ...change,
  }
}

/** A network card with a link; `index` is its place in bus order and the end of its MAC. */
export function makeCard(index: number, change: Partial<NetworkInterface> = {}): NetworkInterface {
  return {
    name: `eno${index + 1}`,
    mac: `02:00:00:00:00:0${index}`,
    driver: 'ixgbe',
    link: 'up',
    speed_mbps: 1000,
    addresses: [],
    bus_index: index,
    onboard: true,
    ...change,
  }
}

/** A Linux machine with four blank disks a … d and two network cards. */
export function makeInventory(change: Partial<Inventory> = {}): Inventory {
  return {
    machine_id: 'm1',
    hostname: 'live',
    boot_id: 'b1',
    version: '0.1.0',
    platform: 'linux',
    architecture: 'amd64',
    simulated: false,
    virtual: false,
    cpus: { cores: 4, model: null },
    memory_bytes: 8 * 1024 ** 3,
    firmware: 'uefi',
    secure_boot: false,
    disks: ['a', 'b', 'c', 'd'].map((name) => makeDisk(name)),
    interfaces: [makeCard(0), makeCard(1)],
    pools: [],
    smbios: { uuid: null, manufacturer: null, product: null, serial: null },
    capabilities: ['zfs'],
    highest_fence: 0,
    stamps: [],
    ...change,
  }
}
