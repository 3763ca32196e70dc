import type { StepContext } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { readDisks } from '../block/read-disks.ts'
import type { BlockDisk } from '../block/block-disk.ts'
import { installationProperty, partitionStamp } from '../../installation-stamp.ts'
import { hostidOf, useHostid } from './hostid.ts'
import { exportPool, importPool, isImported, localProperty } from './zpool.ts'

/** Where the labels of a pool are found now, and which of them this installation stamped. */
export interface PoolMembers {
  readonly nodes: readonly string[]
  readonly allStamped: boolean
}

/** Finds the devices that carry labels of a pool. */
export function poolMembers(disks: readonly BlockDisk[], pool: string, installationId: string): PoolMembers {
  const stamp = partitionStamp('pool', installationId)
  const nodes: string[] = []
  let allStamped = true
  for (const disk of disks) {
    for (const partition of disk.partitions) {
      if (partition.signature?.type !== 'zfs_member' || partition.signature.label !== pool) continue
      nodes.push(partition.node)
      allStamped &&= partition.partName === stamp
    }
    if (disk.signatures.some((found) => found.type === 'zfs_member' && found.label === pool) && nodes.length === 0) {
      nodes.push(disk.node)
      allStamped = false
    }
  }
  return { nodes, allStamped: allStamped && nodes.length > 0 }
}

/**
 * Makes a pool of this installation visible again after a restart of the live environment.
 * Returns false when there is none: not on the disks, or there but of somebody else.
 */
export async function ensureOwnPool(system: LinuxSystem, pool: string, context: StepContext): Promise<boolean> {
  const { signal, installationId } = context
  const imported = await isImported(system, pool, signal)
  if (!imported) {
    const members = poolMembers(await readDisks(system, signal), pool, installationId)
    if (members.nodes.length === 0) return false
    await useHostid(system, hostidOf(context.plan.machine_id), signal)
    // Forced only where every label lies on a partition that this installation stamped.
    await importPool(system, { pool, nodes: members.nodes, force: members.allStamped, signal })
  }
  const own = (await localProperty(system, pool, installationProperty, signal)) === installationId
  if (!own && !imported) await exportPool(system, pool, signal)
  return own
}
