import type { DeviceRef, Disk, Inventory, PoolConfig, Step, VdevConfig } from '@slipway/protocol'
import { partitionOf, wholeDisk } from './disk-ref.ts'
import type { PlanInput } from './plan-input.ts'

/** One partition as `partition-disk` makes it. */
export type PartitionPlan = Extract<Step, { kind: 'partition-disk' }>['params']['partitions'][number]

/** A pool with its devices found and its name during the installation chosen. */
export interface PoolLayout {
  readonly config: PoolConfig
  /** The pool's name while installing: the temporary one where there is one. */
  readonly installName: string
  readonly temporaryName: string | null
  readonly vdevs: readonly { kind: string; devices: DeviceRef[] }[]
}

/** Where everything of one installation goes; both platforms' steps are made from it. */
export interface Layout {
  readonly root: 'zfs' | 'ext4'
  readonly firmware: 'uefi' | 'bios'
  readonly bootEnvironment: string
  /** Disks that get a partition table, in the order of the config. */
  readonly partitioned: readonly Disk[]
  /** The same table for each of them; empty when nothing is partitioned. */
  readonly partitions: readonly PartitionPlan[]
  readonly pools: readonly PoolLayout[]
  readonly rootPool: PoolLayout | null
  /** Dataset of the boot environment while installing; null on ext4. */
  readonly rootDataset: string | null
  /** What the firmware starts: ESPs (UEFI), BIOS-boot partitions (BIOS), whole disks (illumos). */
  readonly bootTargets: readonly DeviceRef[]
}

/** Vdev kinds that hold the root file system itself; the others only help and are given whole. */
const dataVdevs: readonly string[] = ['mirror', 'raidz1', 'raidz2', 'raidz3', 'stripe']
const MiB = 1024 ** 2
/** Size of the EFI system partition. */
export const espBytes = 512 * MiB // machines.md: ESP of at least 512 MiB
const biosBootBytes = 1 * MiB // GRUB's core image wants 31 KiB; one alignment unit is the usual size
const bootBytes = 1024 * MiB // a separate /boot: three kernels with their initrds

/** EFI system and BIOS boot partition types (UEFI 2.10 table 5.7; GRUB manual "BIOS installation"). */
const espTypes = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 'ef00', 'efi system', 'esp']
const biosBootTypes = ['21686148-6449-6e6f-744e-656564454649', 'ef02', 'bios boot', 'bios-boot']

/** Decides where everything goes; the input has passed `checkInput`. */
export function makeLayout(input: PlanInput): Layout {
  const { config, inventory } = input
  const rootConfig = config.pools.find((pool) => pool.root) ?? null
  const partitioned = partitionedDisks(input, rootConfig)
  const partitions = partitioned.length === 0 ? [] : partitionTable(input, rootConfig !== null)
  const pools = config.pools.map((pool) => poolLayout(pool, input, partitions))
  const rootPool = pools.find((pool) => pool.config.root) ?? null
  const bootEnvironment = bootEnvironmentName(input, rootConfig)
  return {
    root: rootConfig ? 'zfs' : 'ext4',
    firmware: inventory.firmware,
    bootEnvironment,
    partitioned,
    partitions,
    pools,
    rootPool,
    rootDataset: rootPool ? `${rootPool.installName}/ROOT/${bootEnvironment}` : null,
    bootTargets: rootConfig?.existing
      ? existingBootTargets(rootConfig, inventory)
      : newBootTargets(input, partitioned, partitions, rootPool),
  }
}

/** The disks that the config names, by the names it uses; an unresolved one has been refused before. */
export function resolvedDisks(names: readonly string[], input: PlanInput): Disk[] {
  return names.flatMap((name) => input.resolved.disks[name] ?? [])
}

/** The number of the partition with this role, which is the same on every partitioned disk; null where there is none. */
export function partitionNumber(partitions: readonly PartitionPlan[], role: PartitionPlan['role']): number | null {
  return partitions.find((partition) => partition.role === role)?.number ?? null
}

function partitionedDisks(input: PlanInput, rootPool: PoolConfig | null): Disk[] {
  if (input.inventory.platform === 'illumos') return [] // zpool create -B labels whole disks itself (zpool(8))
  if (!rootPool) return resolvedDisks(input.config.filesystem?.disks ?? [], input)
  if (rootPool.existing) return []
  return rootPool.vdevs.filter(isDataVdev).flatMap((vdev) => resolvedDisks(vdev.disks, input))
}

function isDataVdev(vdev: VdevConfig): boolean {
  return dataVdevs.includes(vdev.kind)
}

function partitionTable(input: PlanInput, zfsRoot: boolean): PartitionPlan[] {
  const uefi = input.inventory.firmware === 'uefi'
  const swap = input.config.swap_bytes
  const wanted: { role: PartitionPlan['role']; bytes: number | null }[] = [
    uefi ? { role: 'esp', bytes: espBytes } : { role: 'bios-boot', bytes: biosBootBytes },
  ]
  if (!uefi && zfsRoot) wanted.push({ role: 'boot', bytes: bootBytes })
  if (swap !== null && swap > 0) wanted.push({ role: 'swap', bytes: swap })
  wanted.push({ role: zfsRoot ? 'pool' : 'root', bytes: null })
  return wanted.map(({ role, bytes }, index) => ({ number: index + 1, role, bytes, name: role }))
}

function poolLayout(config: PoolConfig, input: PlanInput, partitions: readonly PartitionPlan[]): PoolLayout {
  if (config.existing) {
    const devices = existingPoolDevices(config.name, input.inventory)
    return { config, installName: config.name, temporaryName: null, vdevs: [{ kind: 'existing', devices }] }
  }
  const temporaryName = chooseTemporaryName(config, input)
  const number = config.root ? partitionNumber(partitions, 'pool') : null
  const vdevs = config.vdevs.map((vdev) => ({
    kind: vdev.kind,
    devices: resolvedDisks(vdev.disks, input).map((disk) =>
      number !== null && isDataVdev(vdev) ? partitionOf(disk, number) : wholeDisk(disk),
    ),
  }))
  return { config, installName: temporaryName ?? config.name, temporaryName, vdevs }
}

/** Only where a pool of that name is imported already (zpool create -t); the first free `slipway-NAME[-N]`. */
function chooseTemporaryName(config: PoolConfig, input: PlanInput): string | null {
  if (!input.inventory.pools.some((pool) => pool.name === config.name && pool.imported)) return null
  const taken = new Set([...input.inventory.pools, ...input.config.pools].map((pool) => pool.name))
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? `slipway-${config.name}` : `slipway-${config.name}-${count}`
    if (!taken.has(name)) return name
  }
}

/** The devices of a pool that is there: the ZFS partition of each of its disks, or the whole disk. */
function existingPoolDevices(name: string, inventory: Inventory): DeviceRef[] {
  return poolDisks(name, inventory).map((disk) => {
    const member = disk.partitions.find((partition) => partition.signature === 'zfs_member')
    return member ? partitionOf(disk, member.number) : wholeDisk(disk)
  })
}

function poolDisks(name: string, inventory: Inventory): Disk[] {
  const listed = inventory.pools.find((pool) => pool.name === name)?.disks ?? []
  return inventory.disks.filter((disk) => disk.pool === name || listed.includes(disk.name))
}

/** The partitions that start an existing pool's systems; found by type or by the name that Slipway gave. */
export function existingBootTargets(config: PoolConfig, inventory: Inventory): DeviceRef[] {
  const disks = poolDisks(config.name, inventory)
  if (inventory.platform === 'illumos') return disks.map(wholeDisk)
  const [types, role] = inventory.firmware === 'uefi' ? [espTypes, 'esp'] : [biosBootTypes, 'bios-boot']
  const isTarget = (partition: Disk['partitions'][number]) =>
    types.includes(partition.type?.toLowerCase() ?? '') ||
    new RegExp(`(^|[^a-z])${role}($|[^a-z])`, 'i').test(partition.label ?? '')
  return disks.flatMap((disk) => disk.partitions.filter(isTarget).map(({ number }) => partitionOf(disk, number)))
}

function newBootTargets(
  input: PlanInput,
  partitioned: readonly Disk[],
  partitions: readonly PartitionPlan[],
  rootPool: PoolLayout | null,
): DeviceRef[] {
  if (input.inventory.platform === 'illumos') {
    return (rootPool?.vdevs ?? []).filter((vdev) => dataVdevs.includes(vdev.kind)).flatMap((vdev) => vdev.devices)
  }
  const number = partitionNumber(partitions, 'esp') ?? partitionNumber(partitions, 'bios-boot')
  return number === null ? [] : partitioned.map((disk) => partitionOf(disk, number))
}

/** A fresh disk's first boot environment has a fixed name, so that planning twice gives one digest. */
function bootEnvironmentName(input: PlanInput, rootPool: PoolConfig | null): string {
  if (input.config.boot_environment_name !== null) return input.config.boot_environment_name
  if (!rootPool?.existing) return 'be-1'
  return `be-${input.options.now.toISOString().replace(/\D/g, '').slice(0, 14)}`
}
