import type { StorageConfig } from '@slipway/machine-config'
import type { Disk, Inventory } from '@slipway/protocol'

/** A way to use the machine's disks. It wipes nothing: that is for a person to say. */
export interface Layout {
  readonly title: string
  /** What speaks for it, in a few words. */
  readonly why: string
  readonly storage: StorageConfig
}

type DataKind = 'mirror' | 'raidz1' | 'raidz2' | 'stripe'

/** Disks that differ by no more than this are of one size (machine-config.md warns above a tenth). */
const alike = 0.1
/** A log device needs little room: a disk smaller than the others by this factor, and not rotating, serves well. */
const smaller = 0.5

/** Disks that may be used at all: no live medium, not mounted, in no imported pool, writable. */
export function usableDisks(disks: readonly Disk[]): Disk[] {
  return disks.filter((disk) => !disk.live_medium && !disk.mounted && !disk.read_only && !disk.pool_imported)
}

/** Nothing on it that could be lost. */
export function isBlank(disk: Disk): boolean {
  return (
    disk.partition_table === null && disk.partitions.length === 0 && disk.signatures.length === 0 && disk.pool === null
  )
}

/** Layouts that this machine's disks allow, the best one first: redundancy before room, blank disks before others. */
export function suggestLayouts({ disks, platform }: Pick<Inventory, 'disks' | 'platform'>): Layout[] {
  const usable = usableDisks(disks)
  const group = largestGroup(usable.some(isBlank) ? usable.filter(isBlank) : usable)
  const [first] = group
  if (!first) return []
  const log = usable.find(
    (disk) => isBlank(disk) && !group.includes(disk) && !disk.rotational && disk.bytes < first.bytes * smaller,
  )
  const layouts: Layout[] = []
  if (group.length >= 2) layouts.push(pool('mirror', group.slice(0, 2), 'either disk may fail'))
  if (group.length >= 2 && log)
    layouts.push(withLog(pool('mirror', group.slice(0, 2), 'a fast log for synchronous writes'), log))
  // illumos boots from raidz as well, but from one vdev only (machine-config.md).
  if (group.length >= 4) layouts.push(pool('raidz2', group, 'any two disks may fail'))
  if (group.length >= 3) layouts.push(pool('raidz1', group, 'more room, any one disk may fail'))
  layouts.push(pool('stripe', [first], 'one disk, no redundancy'))
  if (platform === 'linux') layouts.push(ext4(first))
  return layouts
}

function pool(kind: DataKind, disks: readonly Disk[], why: string): Layout {
  const names = disks.map(({ name }) => name)
  const title = kind === 'stripe' ? `ZFS on ${names[0]}` : `${kind} of ${names.join(', ')}`
  const vdevs = [{ kind, disks: names }]
  const root = { name: 'rpool', root: true, existing: false, vdevs, options: { compression: 'zstd' } }
  return { title, why, storage: { pools: [root], filesystem: null, wipes: [] } }
}

function withLog({ title, storage, why }: Layout, log: Disk): Layout {
  const pools = storage.pools.map((one) => ({
    ...one,
    vdevs: [...one.vdevs, { kind: 'log' as const, disks: [log.name] }],
  }))
  return { title: `${title} + log on ${log.name}`, why, storage: { ...storage, pools } }
}

function ext4(disk: Disk): Layout {
  const storage = { pools: [], filesystem: { kind: 'ext4' as const, disks: [disk.name] }, wipes: [] }
  return { title: `ext4 on ${disk.name}`, why: 'plain and small, no snapshots, no redundancy', storage }
}

/** The most disks that are alike in size and kind; of equally many the larger ones. */
function largestGroup(disks: readonly Disk[]): Disk[] {
  const groups = disks.map((one) =>
    disks.filter((disk) => disk.rotational === one.rotational && Math.abs(disk.bytes - one.bytes) <= alike * one.bytes),
  )
  const score = (group: readonly Disk[]) => group.length * 1e18 + (group[0]?.bytes ?? 0)
  return groups.toSorted((a, b) => score(b) - score(a))[0] ?? []
}
