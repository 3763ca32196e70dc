import { inventorySchema, type Disk, type Inventory, type Pool } from '@slipway/protocol'
import { arch, cpus, hostname, totalmem, uptime } from 'node:os'
import { machineIdentity } from '../linux/inventory/machine-identity.ts'
import { parseBeadmList } from './boot-control.ts'
import { readIllumosDisks, wwnOf, type IllumosDisk } from './disks.ts'
import { isBlankDisk, parsePoolDevices } from './disk-use.ts'
import type { IllumosSystem } from './illumos-system.ts'
import { readIllumosInterfaceFacts, splitParsable } from './read-interfaces.ts'

/** Reads the machine as it is now; what illumos does not tell without reading raw tables is null or empty. */
export async function readIllumosInventory(system: IllumosSystem, signal: AbortSignal): Promise<Inventory> {
  const smbios = parseSmbios((await system.run(['smbios', '-t', 'SMB_TYPE_SYSTEM'], { signal, accept: [0, 1] })).stdout)
  const facts = await readIllumosInterfaceFacts(system.run, signal)
  const addresses = parseAddresses(
    (await system.run(['ipadm', 'show-addr', '-p', '-o', 'addrobj,addr'], { signal })).stdout,
  )
  const used = parsePoolDevices((await system.run(['zpool', 'list', '-v', '-H', '-P'], { signal })).stdout)
  const disks: Disk[] = []
  for (const disk of await readIllumosDisks(system, signal)) {
    disks.push(toDisk(disk, { pool: used.get(disk.name) ?? null, blank: await isBlankDisk(system, disk.name, signal) }))
  }
  return inventorySchema.parse({
    machine_id: machineIdentity({
      uuid: smbios.uuid,
      onboardMacs: facts.map((fact) => fact.mac),
      hostname: hostname(),
    }),
    hostname: hostname(),
    boot_id: `boot-${Math.round(Date.now() / 1000 - uptime())}`,
    version: '',
    platform: 'illumos',
    architecture: arch() === 'arm64' ? 'arm64' : 'amd64',
    cpus: { cores: cpus().length, model: cpus()[0]?.model ?? null },
    memory_bytes: totalmem(),
    firmware: await readFirmware(system, signal),
    secure_boot: false, // illumos' loader is not signed: a machine that runs it has Secure Boot off
    disks,
    interfaces: facts.map((fact) => ({
      ...fact,
      link: 'unknown',
      speed_mbps: null,
      addresses: addresses.filter(({ link }) => link === fact.name).map(({ address }) => address),
    })),
    pools: await readPools(system, used, signal),
    smbios,
    capabilities: ['zfs', 'zones'],
    highest_fence: 0,
    stamps: [],
  })
}

function toDisk(disk: IllumosDisk, now: { pool: string | null; blank: boolean }): Disk {
  return {
    name: disk.name,
    by_id: [],
    by_path: null,
    serial: disk.serial,
    wwn: wwnOf(disk.name),
    model: disk.model,
    bytes: disk.bytes,
    sector_bytes: 512,
    rotational: !disk.solidState,
    transport: disk.transport,
    read_only: false,
    partition_table: now.blank ? null : 'gpt',
    partitions: [],
    signatures: [],
    pool: now.pool,
    pool_imported: now.pool !== null,
    mounted: false,
    live_medium: disk.removable,
  }
}

/** Reads `smbios -t SMB_TYPE_SYSTEM` (smbios(8)). */
export function parseSmbios(output: string): Inventory['smbios'] {
  const field = (name: string) => new RegExp(`^\\s*${name}:\\s*(.+?)\\s*$`, 'm').exec(output)?.[1] ?? null
  return {
    uuid: field('UUID')?.toLowerCase() ?? null,
    manufacturer: field('Manufacturer'),
    product: field('Product'),
    serial: field('Serial Number'),
  }
}

/** Reads `ipadm show-addr -p -o addrobj,addr` (ipadm(8)): `net0/v4:10.0.0.5/24`. */
export function parseAddresses(output: string): { link: string; address: string }[] {
  return output.split('\n').flatMap((line) => {
    const [object = '', address = ''] = splitParsable(line)
    const [link = ''] = object.split('/')
    return link === '' || link === 'lo0' || address === '' ? [] : [{ link, address }]
  })
}

/** prtconf(8): the boot loader leaves the property efi-version in the root node when UEFI started it. */
async function readFirmware(system: IllumosSystem, signal: AbortSignal): Promise<'uefi' | 'bios'> {
  const { stdout } = await system.run(['prtconf', '-v', '/devices'], { signal, accept: [0, 1] })
  return stdout.includes("name='efi-version'") || stdout.includes("name='efi-systab'") ? 'uefi' : 'bios'
}

async function readPools(
  system: IllumosSystem,
  used: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Pool[]> {
  const { stdout } = await system.run(['zpool', 'list', '-H', '-p', '-o', 'name,guid,health,size'], { signal })
  const environments = await system.run(['beadm', 'list', '-H'], { signal, accept: [0, 1] })
  const boot_environments = parseBeadmList(environments.stdout).map(({ name, active }) => ({
    name,
    active: active.includes('R'),
    mountpoint: null,
  }))
  return stdout.split('\n').flatMap((line): Pool[] => {
    const [name = '', guid = '', health = '', size = ''] = line.split('\t')
    if (name === '') return []
    const disks = [...used].filter(([, pool]) => pool === name).map(([disk]) => disk)
    return [{ name, guid, imported: true, health, bytes: Number(size) || null, boot_environments, disks }]
  })
}
