import { diskIdentity, type Inventory } from '@slipway/protocol'
import { describeContents } from '../describe-contents.ts'
import { isBlank } from '../disk-ref.ts'

/** One disk of the model; `foreign` is what somebody else's data on it is called, null on a disk without any. */
export interface DiskFacts {
  readonly name: string
  readonly bytes: number
  readonly foreign: string | null
  readonly partitions: readonly { readonly number: number; readonly role: string }[]
  /** Partition number (0: the whole disk) → file system or `zfs_member of POOL`. */
  readonly contents: Readonly<Record<string, string>>
}

export interface PoolFacts {
  readonly imported: boolean
  /** Was there before the plan. */
  readonly existing: boolean
  readonly vdevs: readonly { readonly kind: string; readonly devices: readonly string[] }[]
  readonly datasets: readonly string[]
  /** Active boot environment, and the one for the next boot only. */
  readonly active: string | null
  readonly once: string | null
}

/** What an installed tree has had done to it. */
export interface TreeFacts {
  readonly layers: readonly string[]
  readonly configured: boolean
  readonly agent: boolean
  readonly bootArchive: boolean
}

/**
 * The disks of one machine as a plan's steps change them: the smallest model on which a plan can be run and taken back.
 * Keys are disk identities, pool names, and for trees the dataset or `IDENTITY/PARTITION`.
 */
export interface DiskModel {
  readonly disks: Readonly<Record<string, DiskFacts>>
  readonly pools: Readonly<Record<string, PoolFacts>>
  readonly trees: Readonly<Record<string, TreeFacts>>
  /** Mount point → tree or device. */
  readonly mounts: Readonly<Record<string, string>>
  /** Device with a boot loader → boot environments that it starts. */
  readonly loaders: Readonly<Record<string, readonly string[]>>
  /** Whether the pool was imported before the plan touched it: what taking back returns to. */
  readonly importedAtStart: readonly string[]
  readonly left: boolean
}

/** The model of a machine before its plan. */
export function diskModel(inventory: Inventory): DiskModel {
  const disks = inventory.disks.map((disk): [string, DiskFacts] => [
    diskIdentity(disk).id,
    {
      name: disk.name,
      bytes: disk.bytes,
      foreign: isBlank(disk) ? null : describeContents(disk),
      partitions: [],
      contents: {},
    },
  ])
  const pools = inventory.pools.map((pool): [string, PoolFacts] => [
    pool.name,
    {
      imported: pool.imported,
      existing: true,
      vdevs: [],
      datasets: pool.boot_environments.map((be) => `${pool.name}/ROOT/${be.name}`),
      active: pool.boot_environments.find((be) => be.active)?.name ?? null,
      once: null,
    },
  ])
  return {
    disks: Object.fromEntries(disks),
    pools: Object.fromEntries(pools),
    trees: {},
    mounts: {},
    loaders: {},
    importedAtStart: inventory.pools.filter((pool) => pool.imported).map((pool) => pool.name),
    left: false,
  }
}
