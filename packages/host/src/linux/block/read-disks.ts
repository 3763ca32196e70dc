import { isFault } from '@slipway/base'
import type { Disk } from '@slipway/protocol'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { LinuxSystem } from '../linux-system.ts'
import { readText } from '../read-text.ts'
import type { BlockDisk, BlockPartition } from './block-disk.ts'
import { lsblkColumns, mountpointsOf, parseLsblk, type LsblkDevice } from './lsblk.ts'
import { parsePartitionTable, partitionNumber, type PartitionTable } from './partition-table.ts'
import { parseSignatures, tableSignatures, type Signature } from './signatures.ts'

/** What is too small to be a disk to install on: floppy drives, empty card readers. */
const smallestDisk = 16 * 1024 * 1024

/** What tells one disk from another, known before anything is read from the disk itself. */
export type DiskNames = Pick<BlockDisk, 'name' | 'serial' | 'wwn' | 'model' | 'bytes' | 'byPath'>

/**
 * Reads the disks of the machine from the devices themselves; udev's cache only adds names, serials and WWNs.
 * `wanted` chooses the disks worth reading: a step looks for one among perhaps a hundred.
 */
export async function readDisks(
  system: LinuxSystem,
  signal: AbortSignal,
  wanted: (disk: DiskNames) => boolean = () => true,
): Promise<BlockDisk[]> {
  const { stdout } = await system.run(['lsblk', '-J', '-b', '-o', lsblkColumns], { signal })
  const found = parseLsblk(stdout).filter(
    (device) => system.diskTypes.includes(device.type) && device.size >= smallestDisk && !isMemory(device.name),
  )
  const links = { byId: await readLinks(system, 'by-id'), byPath: await readLinks(system, 'by-path') }
  const disks: BlockDisk[] = []
  for (const device of found) {
    const byPath = links.byPath.get(device.name)?.sort()[0] ?? null
    const names = { name: device.name, bytes: device.size, byPath, ...(await readNames(system, device)) }
    if (!wanted(names)) continue
    const byId = (links.byId.get(device.name) ?? []).sort()
    disks.push({ ...names, byId, ...(await readDisk(system, device, signal)) })
  }
  return disks
}

function isMemory(name: string): boolean {
  return /^(ram|zram|zd)\d/.test(name) // zd: a ZFS volume, not a device of the machine
}

async function readDisk(
  system: LinuxSystem,
  device: LsblkDevice,
  signal: AbortSignal,
): Promise<Omit<BlockDisk, keyof DiskNames | 'byId'>> {
  const found = await readSignatures(system, device.path, signal)
  const hasTable = found.some((signature) => tableSignatures.has(signature.type))
  const table = hasTable ? await readTable(system, device.path, signal) : null
  // A table that is there and cannot be read hides partitions: such a disk is not blank. A lone PMBR has nothing to hide.
  const isHidden = hasTable && !table && found.some((signature) => signature.type !== 'PMBR')
  const signatures = isHidden ? [...found, unreadable] : found
  const partitions: BlockPartition[] = []
  for (const partition of table?.partitions ?? []) {
    const known = device.children.find((child) => child.path === partition.node)
    const contents = known ? await readSignatures(system, partition.node, signal) : []
    partitions.push({
      number: partitionNumber(partition.node),
      name: basename(partition.node),
      node: partition.node,
      bytes: partition.bytes,
      type: partition.type,
      partName: partition.name,
      partUuid: partition.uuid,
      signature: contents.find((signature) => !tableSignatures.has(signature.type)) ?? null,
      mountedAt: known ? (mountpointsOf(known)[0] ?? null) : null,
    })
  }
  return {
    node: device.path,
    sectorBytes: device['log-sec'],
    rotational: device.rota,
    transport: transportOf(device),
    readOnly: device.ro,
    table: table?.kind ?? null,
    partitions,
    signatures: signatures.filter((signature) => !tableSignatures.has(signature.type)),
    mountpoints: mountpointsOf(device),
  }
}

/** What stands on one device now, by reading it (never from a cache). */
export async function readSignatures(system: LinuxSystem, node: string, signal: AbortSignal): Promise<Signature[]> {
  // wipefs without --all only reads.
  try {
    const { stdout } = await system.run(['wipefs', '-J', '--no-act', node], { signal, deadlineMs: readMs })
    return parseSignatures(stdout)
  } catch (error) {
    // A dying disk must not hide the others; it counts as "not blank", so nothing is installed on it unasked.
    if (isOneDisks(error, signal)) return [unreadable]
    throw error
  }
}

/** Labels are a few blocks; a disk that takes longer for them is dying, and the others are waited for too. */
const readMs = 30_000

/** A tool that fails or hangs on one device says something of this device alone; a tool that is missing does not. */
function isOneDisks(error: unknown, signal: AbortSignal): boolean {
  return !signal.aborted && (isFault(error, 'command-failed') || isFault(error, 'step-timeout'))
}

/** Stands for what could not be read. */
const unreadable: Signature = { type: 'unreadable', uuid: null, label: null }

async function readTable(system: LinuxSystem, node: string, signal: AbortSignal): Promise<PartitionTable | null> {
  try {
    // 1: "does not contain a recognized partition table", a lone PMBR for example; or "cannot open".
    const options = { signal, accept: [0, 1], deadlineMs: readMs }
    const { stdout, exitCode } = await system.run(['sfdisk', '-J', node], options)
    return exitCode === 0 ? parsePartitionTable(stdout) : null
  } catch (error) {
    if (isOneDisks(error, signal)) return null
    throw error
  }
}

async function readNames(
  system: LinuxSystem,
  device: LsblkDevice,
): Promise<Pick<BlockDisk, 'serial' | 'wwn' | 'model'>> {
  const sys = join(system.sys, 'block', device.name)
  const serial =
    device.serial ??
    (await readText(join(sys, 'serial'))) ?? // virtio-blk
    (await readText(join(sys, 'device/serial'))) ?? // NVMe
    (await readUnitSerial(join(sys, 'device/vpd_pg80')))
  const wwn = device.wwn ?? (await readText(join(sys, 'wwid'))) ?? (await readText(join(sys, 'device/wwid')))
  const model = device.model ?? (await readText(join(sys, 'device/model')))
  return { serial: serial?.trim() || null, wwn: plainWwn(wwn), model: model?.trim() || null }
}

/** SPC-4, 7.8.13: page 0x80 is a 4-byte header and the unit's serial number in ASCII. */
async function readUnitSerial(path: string): Promise<string | null> {
  try {
    return (await readFile(path)).subarray(4).toString('latin1').trim() || null
  } catch {
    return null
  }
}

/** One spelling whoever names it (udev `0x5000…`, sysfs `naa.5000…`); `t10.` holds vendor text and is no lasting name. */
export function plainWwn(wwn: string | null): string | null {
  if (!wwn || wwn.startsWith('t10.')) return null
  return wwn.replace(/^naa\./, '0x').toLowerCase()
}

function transportOf(device: LsblkDevice): Disk['transport'] {
  if (device.name.startsWith('nvme')) return 'nvme'
  if (device.name.startsWith('vd')) return 'virtio'
  if (device.name.startsWith('mmcblk')) return 'mmc'
  switch (device.tran) {
    case 'sata':
    case 'sas':
    case 'usb':
    case 'ata':
      return device.tran
    default:
      return device.name.startsWith('sd') ? 'scsi' : 'unknown'
  }
}

/** /dev/disk/by-… as device name -> link names; links to partitions have names of partitions and are never asked for. */
async function readLinks(system: LinuxSystem, folder: string): Promise<Map<string, string[]>> {
  const links = new Map<string, string[]>()
  const directory = join(system.dev, 'disk', folder)
  const names = await readdir(directory).catch(() => []) // no udev: no links
  for (const name of names) {
    const target = basename(await readlink(join(directory, name)).catch(() => ''))
    links.set(target, [...(links.get(target) ?? []), name])
  }
  return links
}
