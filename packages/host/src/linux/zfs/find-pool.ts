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
  readonly stamped: readonly string[]
}

/** A pool by its name in the labels, and by the one that it is imported under while installing. */
export interface PoolNames {
  readonly pool: string
  readonly nameNow: string
}

/** Finds the devices that carry labels of a pool. */
export function poolMembers(disks: readonly BlockDisk[], pool: string, installationId: string): PoolMembers {
  const stamp = partitionStamp('pool', installationId)
  const nodes: string[] = []
  const stamped: string[] = []
  for (const disk of disks) {
    for (const partition of disk.partitions) {
      if (partition.signature?.type !== 'zfs_member' || partition.signature.label !== pool) continue
      nodes.push(partition.node)
      if (partition.partName === stamp) stamped.push(partition.node)
    }
    if (disk.signatures.some((found) => found.type === 'zfs_member' && found.label === pool) && nodes.length === 0) {
      nodes.push(disk.node)
    }
  }
  return { nodes, stamped }
}

/**
 * Makes a pool of this installation visible again after a restart of the live environment.
 * Returns false when there is none: not on the disks, or there but of somebody else.
 */
export async function ensureOwnPool(system: LinuxSystem, names: PoolNames, context: StepContext): Promise<boolean> {
  const { signal, installationId } = context
  const { pool, nameNow } = names
  const imported = await isImported(system, nameNow, signal)
  if (!imported) {
    const members = poolMembers(await readDisks(system, signal), pool, installationId)
    // Under another name because a pool of somebody else has the same one: its disks are left out.
    const nodes = nameNow === pool ? members.nodes : members.stamped
    if (nodes.length === 0) return false
    await useHostid(system, hostidOf(context.plan.machine_id), signal)
    // Forced only where every label lies on a partition that this installation stamped.
    const force = nodes.length === members.stamped.length
    await importPool(system, { pool, nameNow, nodes, force, signal })
  }
  const own = (await localProperty(system, nameNow, installationProperty, signal)) === installationId
  if (!own && !imported) await exportPool(system, nameNow, signal)
  return own
}
