import type { AgentMetrics } from '@slipway/protocol'
import { statfs } from 'node:fs/promises'
import { roundTo, type Mount } from './parse-proc.ts'

/** A mounted file system with its figures, bytes. */
export interface MountUsage extends Mount {
  readonly used: number
  readonly available: number
  readonly total: number
}

const gib = 1024 ** 3

/** What the mounted file systems hold; one that is unmounted meanwhile or cannot be read is left out. */
export async function diskUsage(mounts: readonly Mount[]): Promise<AgentMetrics['system']['disk']['usage_stats']> {
  const read = await Promise.all(mounts.map(usageOf))
  return joinPools(read.filter((usage) => usage !== null)).map(
    ({ mount_point, filesystem, total, used, available }) => ({
      mount_point,
      filesystem,
      total_gb: roundTo(total / gib, 3),
      used_gb: roundTo(used / gib, 3),
      available_gb: roundTo(available / gib, 3),
    }),
  )
}

/**
 * Datasets of a ZFS pool share its free space, which each of them counts as its own (zfsprops(7), "available"): a pool is one
 * entry, at `/` or its first mount point, with what its datasets use together.
 */
export function joinPools(usages: readonly MountUsage[]): MountUsage[] {
  const pools = Map.groupBy(usages, ({ filesystem, source }) =>
    filesystem === 'zfs' ? `pool ${source.split('/')[0]}` : `device ${source}`,
  )
  return [...pools.values()].flatMap((members) => {
    const first = members.find(({ mount_point }) => mount_point === '/') ?? members[0]
    if (!first || members.length === 1) return first ?? []
    const used = members.reduce((sum, member) => sum + member.used, 0)
    const available = Math.max(...members.map((member) => member.available)) // a quota hides a part of it
    return { ...first, used, available, total: used + available }
  })
}

async function usageOf(mount: Mount): Promise<MountUsage | null> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(mount.mount_point)
    return { ...mount, total: blocks * bsize, used: (blocks - bfree) * bsize, available: bavail * bsize }
  } catch {
    return null
  }
}
