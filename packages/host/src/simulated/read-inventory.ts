import { type Disk, diskIdentity, type Inventory, type Pool, type Stamp } from '@slipway/protocol'
import { isMember, isPresent } from './boot/find-root.ts'
import { allPools } from './pool-access.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { DiskState, PoolState } from './state.ts'

/** The machine as it is now: its profile's hardware with what its disks hold; a dead disk is not seen. */
export function readSimulatedInventory(machine: SimulatedMachine): Inventory {
  const disks = machine.hardware.filter((disk) => isPresent(machine, diskIdentity(disk).id))
  const pools = allPools(machine).filter((pool) => presentDisks(machine, pool, disks).length > 0)
  return {
    ...machine.options.profile,
    boot_id: machine.runtime.bootId,
    disks: disks.map((disk) => readDisk(machine, disk, pools)),
    pools: pools.map((pool) => readPool(machine, pool, disks)),
    stamps: disks.flatMap((disk) => readStamps(machine, disk, pools)),
  }
}

function readDisk(machine: SimulatedMachine, disk: Disk, pools: readonly PoolState[]): Disk {
  const identity = diskIdentity(disk).id
  const state = machine.diskState(identity)
  if (!state) return disk
  const pool = pools.find((candidate) =>
    candidate.vdevs.some((vdev) =>
      vdev.members.some(
        (member) => member.identity === identity && isMember(machine, candidate, identity, member.partition),
      ),
    ),
  )
  return {
    ...disk,
    partition_table: state.table,
    partitions: state.partitions.map((partition) => ({
      number: partition.number,
      device: partitionDevice(disk.name, partition.number),
      bytes: partition.bytes,
      type: partition.type,
      label: partition.label,
      signature: partition.content?.signature ?? null,
      mounted_at: mountedAt(machine, identity, partition.number),
    })),
    signatures: signaturesOf(state),
    pool: pool?.name ?? null,
    pool_imported: pool !== undefined && [...machine.runtime.imported.values()].includes(pool.guid),
    mounted: disk.mounted || state.partitions.some(({ number }) => mountedAt(machine, identity, number) !== null),
  }
}

function signaturesOf(state: DiskState): string[] {
  return [...(state.table === null ? [] : [state.table]), ...(state.content ? [state.content.signature] : [])]
}

function partitionDevice(disk: string, number: number): string {
  return /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`
}

function mountedAt(machine: SimulatedMachine, identity: string, partition: number): string | null {
  for (const [at, source] of machine.runtime.mounts) {
    if (source.kind === 'partition' && source.identity === identity && source.partition === partition) {
      return at === '/' ? '/target' : `/target${at}`
    }
  }
  return null
}

function presentDisks(machine: SimulatedMachine, pool: PoolState, disks: readonly Disk[]): Disk[] {
  const members = pool.vdevs.flatMap((vdev) => vdev.members)
  return disks.filter((disk) =>
    members.some(
      ({ identity, partition }) => identity === diskIdentity(disk).id && isMember(machine, pool, identity, partition),
    ),
  )
}

function readPool(machine: SimulatedMachine, pool: PoolState, disks: readonly Disk[]): Pool {
  const present = presentDisks(machine, pool, disks)
  const count = pool.vdevs.flatMap((vdev) => vdev.members).length
  const systems = Object.keys(pool.datasets).filter((name) => /^ROOT\/[^/]+$/.test(name))
  return {
    name: pool.name,
    guid: pool.guid,
    imported: [...machine.runtime.imported.values()].includes(pool.guid),
    health: present.length === count ? 'ONLINE' : 'DEGRADED',
    bytes: present.reduce((sum, disk) => sum + disk.bytes, 0),
    boot_environments: systems.map((name) => ({
      name: name.slice('ROOT/'.length),
      active: pool.bootfs === name,
      mountpoint: null,
    })),
    disks: present.map((disk) => disk.name),
  }
}

function readStamps(machine: SimulatedMachine, disk: Disk, pools: readonly PoolState[]): Stamp[] {
  const identity = diskIdentity(disk).id
  const stamp = machine.diskState(identity)?.stamp ?? null
  const gpt: Stamp[] = stamp === null ? [] : [{ installation_id: stamp, disk: disk.name, where: 'gpt' }]
  const made = pools.filter((pool) => pool.stamp !== null && presentDisks(machine, pool, [disk]).length > 0)
  const datasets = pools.filter((pool) => presentDisks(machine, pool, [disk]).length > 0)
  const stamps = new Set([
    ...made.map((pool) => pool.stamp),
    ...datasets.flatMap((pool) => Object.values(pool.datasets).map((dataset) => dataset.stamp)),
  ])
  const zfs = [...stamps].flatMap((id): Stamp[] =>
    id === null ? [] : [{ installation_id: id, disk: disk.name, where: 'zfs' }],
  )
  return [...gpt, ...zfs]
}
