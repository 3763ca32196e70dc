import { inventorySchema, type Disk, type Inventory, type Stamp } from '@slipway/protocol'
import { readFile } from 'node:fs/promises'
import { arch, cpus, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { poolLabels, type BlockDisk } from '../block/block-disk.ts'
import { readDisks } from '../block/read-disks.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { readText } from '../read-text.ts'
import { stampedInstallation } from '../../installation-stamp.ts'
import { importedPools } from '../zfs/zpool.ts'
import { readFirmware } from './firmware.ts'
import { machineIdentity } from './machine-identity.ts'
import { readInterfaces } from './read-interfaces.ts'
import { readPools, type PoolMemory } from './read-pools.ts'

/** Reads the machine as it is now. `highest_fence` and `version` are machined's to fill in. */
export async function readInventory(system: LinuxSystem, memory: PoolMemory, signal: AbortSignal): Promise<Inventory> {
  const blockDisks = await readDisks(system, signal)
  const { pools, stamps } = await readPools(system, blockDisks, memory, signal)
  const imported = await importedPools(system, signal)
  const interfaces = await readInterfaces(system, signal)
  const smbios = await readSmbios(system)
  const onboardMacs = interfaces.filter((entry) => entry.onboard).map((entry) => entry.mac)
  const hasZfs = (await readText(join(system.sys, 'module/zfs/version'))) !== null
  return inventorySchema.parse({
    machine_id: machineIdentity({ uuid: smbios.uuid, onboardMacs, hostname: hostname() }),
    hostname: hostname(),
    boot_id: (await readText(join(system.proc, 'sys/kernel/random/boot_id'))) ?? 'unknown',
    version: '',
    platform: 'linux',
    architecture: arch() === 'arm64' ? 'arm64' : 'amd64',
    virtual: await isVirtual(system),
    cpus: { cores: cpus().length, model: cpus()[0]?.model ?? null },
    memory_bytes: totalmem(),
    ...(await readFirmware(system)),
    disks: blockDisks.map((disk) => toDisk(disk, imported)),
    interfaces,
    pools,
    smbios,
    capabilities: hasZfs ? ['zfs', 'ext4'] : ['ext4'],
    highest_fence: 0,
    stamps: [...gptStamps(blockDisks), ...stamps],
  })
}

/** A disk as the protocol tells it. */
export function toDisk(disk: BlockDisk, importedPoolNames: readonly string[]): Disk {
  const pool = poolLabels(disk)[0] ?? null
  return {
    name: disk.name,
    by_id: disk.byId.slice(0, 32),
    by_path: disk.byPath,
    serial: disk.serial,
    wwn: disk.wwn,
    model: disk.model,
    bytes: disk.bytes,
    sector_bytes: disk.sectorBytes,
    rotational: disk.rotational,
    transport: disk.transport,
    read_only: disk.readOnly,
    partition_table: disk.table,
    partitions: disk.partitions.map((partition) => ({
      number: partition.number,
      device: partition.name,
      bytes: partition.bytes,
      type: partition.type,
      label: partition.partName,
      signature: partition.signature?.type ?? null,
      mounted_at: partition.mountedAt,
    })),
    signatures: [...new Set(disk.signatures.map((signature) => signature.type))],
    pool,
    pool_imported: pool !== null && importedPoolNames.includes(pool),
    mounted: disk.mountpoints.length > 0,
    live_medium: isLiveMedium(disk),
  }
}

/** The live environment runs from memory, so nothing is mounted; its medium is known by the ISO's volume name. */
function isLiveMedium(disk: BlockDisk): boolean {
  const signatures = [...disk.signatures, ...disk.partitions.map((partition) => partition.signature)]
  return signatures.some((found) => found?.type === 'iso9660' && /^slipway/i.test(found.label ?? ''))
}

function gptStamps(disks: readonly BlockDisk[]): Stamp[] {
  return disks.flatMap((disk) => {
    const ids = disk.partitions.map((partition) => stampedInstallation(partition.partName))
    return [...new Set(ids)].flatMap((id): Stamp[] =>
      id === null ? [] : [{ installation_id: id, disk: disk.name, where: 'gpt' }],
    )
  })
}

/** The kernel's copy of the SMBIOS tables; the serial numbers are readable by root only. */
async function readSmbios(system: LinuxSystem): Promise<Inventory['smbios']> {
  const read = (name: string) => readText(join(system.sys, 'class/dmi/id', name))
  return {
    uuid: (await read('product_uuid'))?.toLowerCase() ?? null,
    manufacturer: await read('sys_vendor'),
    product: await read('product_name'),
    serial: await read('product_serial'),
  }
}

/** CPUID leaf 1, ECX bit 31: every hypervisor sets it, and the kernel shows it as a flag. */
async function isVirtual(system: LinuxSystem): Promise<boolean> {
  const text = await readFile(join(system.proc, 'cpuinfo'), 'utf8').catch(() => '')
  return /^flags\s*:.*\bhypervisor\b/m.test(text)
}
