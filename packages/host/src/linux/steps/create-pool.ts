import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import type { StepContext, StepExecutor } from '../../host.ts'
import { eraseLabels, eraseSignatures } from '../block/erase.ts'
import { propertyText } from '../../zfs/property-text.ts'
import { findPartition, identityOf, selectDisk } from '../block/find-disk.ts'
import { assertFormattable } from '../block/guards.ts'
import { readDisks } from '../block/read-disks.ts'
import type { BlockDisk } from '../block/block-disk.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { installationProperty } from '../../installation-stamp.ts'
import { ensureOwnPool, type PoolNames } from '../zfs/find-pool.ts'
import { hostidOf, useHostid } from '../zfs/hostid.ts'
import { importedPools } from '../zfs/zpool.ts'

type Params = StepOf<'create-pool'>['params']

const deadlineMs = 300_000

/** `create-pool`: a pool on the partitions of this installation, by names that outlive the order of disks. */
export function makeCreatePool(system: LinuxSystem): StepExecutor<'create-pool'> {
  return {
    async isDone(step, context) {
      return ensureOwnPool(system, namesOf(step.params), context)
    },
    async apply(step, context) {
      const { signal, installationId } = context
      await useHostid(system, hostidOf(context.plan.machine_id), signal)
      const imported = await importedPools(system, signal)
      if (imported.includes(nameNow(step.params))) {
        throw new Fault('conflict', `a pool named ${nameNow(step.params)} is imported already; export or rename it`)
      }
      const disks = await readDisks(system, signal)
      const names = new Map<string, string>()
      for (const device of step.params.vdevs.flatMap((vdev) => vdev.devices)) {
        const disk = selectDisk(disks, device.disk)
        const node = assertFormattable(disk, device, { installationId, importedPools: imported })
        await eraseSignatures(system, node, signal)
        names.set(deviceKey(device), stableName(system, disk, device))
      }
      await system.run(createPoolArgv(step.params, { names, installationId, targetRoot: system.targetRoot }), {
        signal,
        deadlineMs,
      })
    },
    async undo(step, context) {
      await destroyPool(system, step.params, context)
    },
  }
}

async function destroyPool(system: LinuxSystem, params: Params, context: StepContext): Promise<void> {
  if (!(await ensureOwnPool(system, namesOf(params), context))) return
  await system.run(['zpool', 'destroy', '-f', nameNow(params)], { signal: context.signal, deadlineMs })
  const disks = await readDisks(system, context.signal)
  for (const device of params.vdevs.flatMap((vdev) => vdev.devices)) {
    const disk = selectDisk(disks, device.disk)
    if (device.partition === null) await eraseLabels(system, disk, context.signal)
    else await eraseSignatures(system, findPartition(disk, device).node, context.signal)
  }
}

type Device = Params['vdevs'][number]['devices'][number]

/** Identifies a device of the plan inside this step. */
export function deviceKey(device: Device): string {
  return `${device.disk.identity} ${device.partition ?? ''}`
}

/** A path that names the device whatever the order of disks: the partition's UUID, or the disk's by-id link. */
function stableName(system: LinuxSystem, disk: BlockDisk, device: Device): string {
  if (device.partition !== null) {
    const uuid = findPartition(disk, device).partUuid
    if (uuid) return `${system.dev}/disk/by-partuuid/${uuid}`
  }
  if (device.partition === null && disk.byId[0]) return `${system.dev}/disk/by-id/${disk.byId[0]}`
  if (device.partition === null && disk.byPath) return `${system.dev}/disk/by-path/${disk.byPath}`
  throw new Fault('unsupported', `disk ${disk.name} (${identityOf(disk)}) has no lasting name that a pool could use`, {
    details: { identity: identityOf(disk) },
  })
}

/** zpool-create(8). `-m none` unless the plan says where the pool mounts; `-f` because signatures were checked here. */
export function createPoolArgv(
  params: Params,
  options: { names: ReadonlyMap<string, string>; installationId: string; targetRoot: string },
): string[] {
  const argv = ['zpool', 'create', '-f', '-R', options.targetRoot]
  if (params.temporary_name !== null) argv.push('-t', params.temporary_name)
  for (const [name, value] of Object.entries(params.pool_properties)) argv.push('-o', `${name}=${propertyText(value)}`)
  if (!('mountpoint' in params.dataset_properties)) argv.push('-O', 'mountpoint=none')
  for (const [name, value] of Object.entries(params.dataset_properties)) {
    argv.push('-O', `${name}=${propertyText(value)}`)
  }
  argv.push('-O', `${installationProperty}=${options.installationId}`, params.pool)
  for (const vdev of params.vdevs) {
    // A stripe is top-level disks without a word; log, cache, spare, special and dedup stand for themselves. A mirrored
    // log or special is not in the language (machine-config.md), so several such disks are striped.
    if (vdev.kind !== 'stripe') argv.push(vdev.kind)
    for (const device of vdev.devices) argv.push(options.names.get(deviceKey(device)) ?? '')
  }
  return argv
}

function namesOf(params: Params): PoolNames {
  return { pool: params.pool, nameNow: nameNow(params) }
}

function nameNow(params: Params): string {
  return params.temporary_name ?? params.pool
}
