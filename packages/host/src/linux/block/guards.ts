import { Fault } from '@slipway/base'
import type { DeviceRef, DiskRef } from '@slipway/protocol'
import { partitionStamp } from '../../installation-stamp.ts'
import { poolLabels, type BlockDisk, type BlockPartition } from './block-disk.ts'
import { changed, findPartition } from './find-disk.ts'

/** INVARIANT: each of these is called on disks read just before the destructive command, never on remembered ones. */

/** Nobody uses the disk: nothing on it is mounted and no pool on it is imported. Throws `disk-changed`. */
export function assertUnused(disk: BlockDisk, wanted: DiskRef, importedPools: readonly string[]): void {
  const mounted = disk.mountpoints[0]
  if (mounted) throw changed(wanted, `is in use: a part of it is mounted at ${mounted}`)
  const pool = poolLabels(disk).find((label) => importedPools.includes(label))
  if (pool) throw changed(wanted, `is in use by the imported pool ${pool}`)
  if (disk.readOnly) throw new Fault('disk-failed', `disk ${wanted.device} is read-only; unlock it or choose another`)
}

/** Nothing of anybody else is on the disk: it is blank, or it carries only this installation's partitions. */
export function assertBlankOrOwn(disk: BlockDisk, wanted: DiskRef, installationId: string): void {
  const found = disk.signatures[0]
  if (found) throw changed(wanted, `carries ${describeSignature(found)}`)
  if (disk.table === 'mbr') throw changed(wanted, 'carries an MBR partition table')
  const foreign = disk.partitions.find((partition) => !isOwn(partition, installationId))
  if (foreign) throw changed(wanted, `carries a foreign partition ${foreign.name} "${foreign.partName ?? ''}"`)
}

/**
 * The device may be formatted: a partition that this installation made, or a whole disk without anybody's data.
 * Returns its node now.
 */
export function assertFormattable(
  disk: BlockDisk,
  ref: DeviceRef,
  options: { installationId: string; importedPools: readonly string[] },
): string {
  if (ref.partition === null) {
    assertUnused(disk, ref.disk, options.importedPools)
    assertBlankOrOwn(disk, ref.disk, options.installationId)
    return disk.node
  }
  const partition = findPartition(disk, ref)
  if (!isOwn(partition, options.installationId)) {
    throw changed(ref.disk, `has a partition ${partition.name} that this installation did not make`)
  }
  if (partition.mountedAt) throw changed(ref.disk, `is in use: ${partition.name} is mounted at ${partition.mountedAt}`)
  const pool = partition.signature?.type === 'zfs_member' ? partition.signature.label : null
  if (pool && options.importedPools.includes(pool)) {
    throw changed(ref.disk, `is in use: ${partition.name} belongs to the imported pool ${pool}`)
  }
  return partition.node
}

/** Tells whether a partition carries this installation's stamp. */
export function isOwn(partition: BlockPartition, installationId: string): boolean {
  const roles = ['esp', 'bios-boot', 'boot', 'swap', 'pool', 'root']
  return roles.some((role) => partition.partName === partitionStamp(role, installationId))
}

function describeSignature(found: { type: string; label: string | null }): string {
  if (found.type === 'unreadable') return 'nothing that can be read: the disk fails'
  return found.label ? `a ${found.type} signature "${found.label}"` : `a ${found.type} signature`
}
