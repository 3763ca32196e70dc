import { Fault } from '@slipway/base'
import { diskIdentity, type DeviceRef, type DiskRef } from '@slipway/protocol'
import type { LinuxSystem } from '../linux-system.ts'
import { partitionNode, type BlockDisk, type BlockPartition } from './block-disk.ts'
import { readDisks, type DiskNames } from './read-disks.ts'

/** A disk's lasting name, as the plan carries it. */
export function identityOf(disk: DiskNames): string {
  return diskIdentity({
    wwn: disk.wwn,
    serial: disk.serial,
    model: disk.model,
    bytes: disk.bytes,
    by_path: disk.byPath,
    name: disk.name,
  }).id
}

/**
 * Finds the disk that a plan names, as it is now.
 * Throws `disk-not-found`, or `disk-changed` when the disk is there with another size.
 */
export async function findDisk(system: LinuxSystem, wanted: DiskRef, signal: AbortSignal): Promise<BlockDisk> {
  const names: DiskNames[] = []
  const disks = await readDisks(system, signal, (disk) => {
    names.push(disk)
    return identityOf(disk) === wanted.identity
  })
  return selectDisk(disks, wanted, names)
}

/** The same on disks already read. Several nodes with one identity are one disk (multipath): the first by name is used. */
export function selectDisk(
  disks: readonly BlockDisk[],
  wanted: DiskRef,
  names: readonly DiskNames[] = disks,
): BlockDisk {
  const same = disks.filter((disk) => identityOf(disk) === wanted.identity)
  const disk = same.sort((a, b) => (a.name < b.name ? -1 : 1))[0]
  if (!disk) throw missing(names, wanted)
  if (disk.bytes !== wanted.bytes) throw changed(wanted, `has ${disk.bytes} bytes instead of ${wanted.bytes}`)
  return disk
}

/** The node of a disk or of one of its partitions; throws `disk-changed` when the partition is not there. */
export async function findDevice(system: LinuxSystem, ref: DeviceRef, signal: AbortSignal): Promise<string> {
  const disk = await findDisk(system, ref.disk, signal)
  return ref.partition === null ? disk.node : findPartition(disk, ref).node
}

/** One partition of a disk that was found; throws `disk-changed` when it is not there. */
export function findPartition(disk: BlockDisk, ref: DeviceRef): BlockPartition {
  const partition = disk.partitions.find((candidate) => candidate.number === ref.partition)
  if (partition) return partition
  const node = partitionNode(disk.node, ref.partition ?? 0)
  throw changed(ref.disk, `has no partition ${ref.partition} (${node}); partition it again`)
}

/** The error for a disk that is not what the plan was made for. */
export function changed(wanted: DiskRef, what: string): Fault {
  const name = wanted.serial ? `${wanted.device} (serial ${wanted.serial})` : wanted.device
  return new Fault('disk-changed', `disk ${name} ${what}; nothing was written to it; make a new plan`, {
    details: { identity: wanted.identity, device: wanted.device, serial: wanted.serial },
  })
}

function missing(disks: readonly DiskNames[], wanted: DiskRef): Fault {
  const resized = disks.find((disk) => wanted.serial !== null && disk.serial === wanted.serial)
  if (resized) return changed(wanted, `is now ${identityOf(resized)} with ${resized.bytes} bytes`)
  const present = disks.map((disk) => `${disk.name} (${disk.serial ?? 'no serial'})`).join(', ') || 'none'
  return new Fault(
    'disk-not-found',
    `disk ${wanted.device} with identity ${wanted.identity} is not on this machine; disks here: ${present}`,
    { details: { identity: wanted.identity, device: wanted.device, serial: wanted.serial } },
  )
}
