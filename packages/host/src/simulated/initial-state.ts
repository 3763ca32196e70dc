import { type Disk, diskIdentity, type Inventory, type Pool } from '@slipway/protocol'
import { seededHex } from './seeded-random.ts'
import type { Content, DiskState, DomainState, PoolState } from './state.ts'
import { emptyTree } from './tree/file-tree.ts'

/** The domain that one disk's writes belong to. */
export function diskDomain(identity: string): string {
  return `disk:${identity}`
}

/** The domain that one pool's writes belong to. */
export function poolDomain(guid: string): string {
  return `pool:${guid}`
}

/** A disk as it leaves its factory. */
export function blankState(): DiskState {
  return { kind: 'disk', failed: false, table: null, stamp: null, partitions: [], content: null, loader: null }
}

/** What is on the machine before anything was installed: what its profile says that is there. */
export function initialState(profile: Inventory): Map<string, DomainState> {
  const domains = new Map<string, DomainState>()
  for (const disk of profile.disks) domains.set(diskDomain(diskIdentity(disk).id), diskState(disk, profile))
  for (const pool of profile.pools) domains.set(poolDomain(guidOf(pool)), poolState(pool, profile))
  const order = profile.pools.length > 0 ? profile.disks.map((disk) => diskIdentity(disk).id) : []
  domains.set('firmware', { kind: 'firmware', boot_order: order, boot_next: null, local_boot: false })
  return domains
}

function guidOf(pool: Pool): string {
  return pool.guid ?? seededHex(`pool/${pool.name}`, 16)
}

function diskState(disk: Disk, profile: Inventory): DiskState {
  const pool = profile.pools.find((candidate) => candidate.name === disk.pool)
  const onWhole = disk.signatures.find((signature) => !['gpt', 'PMBR', 'dos', 'mbr'].includes(signature))
  return {
    kind: 'disk',
    failed: false,
    table: disk.partition_table,
    stamp: null,
    partitions: disk.partitions.map((partition) => ({
      number: partition.number,
      role: isEsp(partition.type) ? 'esp' : null,
      type: partition.type,
      label: partition.label,
      bytes: partition.bytes,
      content: partition.signature === null ? null : foreign(partition.signature, pool),
      loader: isEsp(partition.type) && pool ? previousLoader(pool) : null,
    })),
    content: onWhole === undefined ? null : foreign(onWhole, pool),
    loader: disk.partitions.length === 0 && pool ? previousLoader(pool) : null,
  }
}

function isEsp(type: string | null): boolean {
  return type?.toLowerCase() === espType
}

/** EFI system partition (UEFI 2.10, table 5.7). */
export const espType = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'

function foreign(signature: string, pool: Pool | undefined): Content {
  const member = signature === 'zfs_member' && pool ? guidOf(pool) : null
  return { signature, stamp: null, label: null, pool: member, tree: null }
}

/** The loader of the system that is there: it starts every boot environment of the pool, the active one by default. */
function previousLoader(pool: Pool): NonNullable<DiskState['loader']> {
  const active = pool.boot_environments.find((be) => be.active)
  return {
    entries: pool.boot_environments.map(({ name }) => ({
      boot_environment: name,
      root: `${pool.name}/ROOT/${name}`,
      stamp: null,
    })),
    default: active?.name ?? null,
    once: null,
  }
}

function poolState(pool: Pool, profile: Inventory): PoolState {
  const dataset = (preinstalled: boolean): PoolState['datasets'][string] => ({
    type: 'filesystem',
    volume_bytes: null,
    properties: {},
    stamp: null,
    tree: { ...emptyTree(), preinstalled },
    snapshots: {},
  })
  const active = pool.boot_environments.find((be) => be.active)
  const members = profile.disks
    .filter((disk) => disk.pool === pool.name || pool.disks.includes(disk.name))
    .map((disk) => ({
      identity: diskIdentity(disk).id,
      partition: disk.partitions.find((partition) => partition.signature === 'zfs_member')?.number ?? null,
    }))
  const roots = pool.boot_environments.map(({ name }) => [`ROOT/${name}`, dataset(true)] as const)
  return {
    kind: 'pool',
    guid: guidOf(pool),
    name: pool.name,
    stamp: null,
    root: pool.boot_environments.length > 0,
    vdevs: [{ kind: members.length > 1 ? 'mirror' : 'stripe', members }],
    properties: {},
    datasets: Object.fromEntries(roots.length > 0 ? [['ROOT', dataset(false)], ...roots] : []),
    bootfs: active ? `ROOT/${active.name}` : null,
  }
}
