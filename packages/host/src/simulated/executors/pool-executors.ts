import { Fault } from '@slipway/base'
import type { DeviceRef } from '@slipway/protocol'
import { poolDomain } from '../initial-state.ts'
import { belowPool, ensureImported, importedPool, poolOnDevices, requirePool, writeDataset } from '../pool-access.ts'
import { seededHex } from '../seeded-random.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { PoolState } from '../state.ts'
import { emptyTree } from '../tree/file-tree.ts'
import { isBlankState, writeContent } from './disk-executors.ts'
import type { SimulatedExecutor } from './simulated-executor.ts'

export function createPool(machine: SimulatedMachine): SimulatedExecutor<'create-pool'> {
  const found = (devices: readonly DeviceRef[], installationId: string) => {
    const pool = poolOnDevices(machine, devices)
    return pool?.stamp === installationId ? pool : null
  }
  return {
    isDone(step, context) {
      const devices = step.params.vdevs.flatMap((vdev) => vdev.devices)
      for (const device of devices) machine.requireDisk(device.disk)
      if (!found(devices, context.installationId)) return false
      return ensureImported(machine, step.params.temporary_name ?? step.params.pool, context) !== null
    },
    apply(step, context) {
      const { pool: name, temporary_name, root, vdevs } = step.params
      const devices = vdevs.flatMap((vdev) => vdev.devices)
      for (const device of devices) requireUsable(machine, device, context.installationId)
      const half = found(devices, context.installationId)
      if (half) destroyPool(machine, half, devices)
      const pool: PoolState = {
        kind: 'pool',
        guid: seededHex(`${context.installationId}/${name}`, 16),
        name,
        stamp: context.installationId,
        root,
        vdevs: vdevs.map(({ kind, devices }) => ({
          kind,
          members: devices.map(({ disk, partition }) => ({ identity: disk.identity, partition })),
        })),
        properties: { ...step.params.pool_properties, ...step.params.dataset_properties },
        datasets: {},
        bootfs: null,
      }
      for (const device of devices) writeContent(machine, device, poolLabel(pool))
      machine.store.write(poolDomain(pool.guid), pool)
      machine.runtime.imported.set(temporary_name ?? name, pool.guid)
      machine.store.flush()
    },
    undo(step, context) {
      const devices = step.params.vdevs.flatMap((vdev) => vdev.devices)
      const pool = found(devices, context.installationId)
      if (!pool) return
      destroyPool(machine, pool, devices)
      machine.store.flush()
    },
  }
}

function poolLabel(pool: PoolState): NonNullable<Parameters<typeof writeContent>[2]> {
  return { signature: 'zfs_member', stamp: pool.stamp, label: pool.name, pool: pool.guid, tree: null }
}

function destroyPool(machine: SimulatedMachine, pool: PoolState, devices: readonly DeviceRef[]): void {
  for (const device of devices) writeContent(machine, device, null)
  machine.store.write(poolDomain(pool.guid), null)
  for (const [name, guid] of machine.runtime.imported) if (guid === pool.guid) machine.runtime.imported.delete(name)
  for (const [at, source] of machine.runtime.mounts) {
    if (source.kind === 'dataset' && source.guid === pool.guid) machine.runtime.mounts.delete(at)
  }
}

/** A pool is made only on what this installation made, or on a whole disk with nothing on it. */
function requireUsable(machine: SimulatedMachine, device: DeviceRef, installationId: string): void {
  const { hardware, state } = machine.requireDisk(device.disk)
  const ours = device.partition === null ? state.content?.stamp === installationId : state.stamp === installationId
  if (ours || (device.partition === null && isBlankState(state))) return
  const message = `disk ${hardware.name} is not blank any more; somebody wrote to it after planning: plan again`
  throw new Fault('disk-changed', message, { details: { disk: hardware.name, serial: hardware.serial } })
}

export function createDataset(machine: SimulatedMachine): SimulatedExecutor<'create-dataset'> {
  return {
    isDone(step, context) {
      const pool = ensureImported(machine, step.params.pool, context)
      return pool?.datasets[belowPool(step.params.dataset)]?.stamp === context.installationId
    },
    apply(step, context) {
      const { dataset, type, volume_bytes, properties } = step.params
      const pool = requirePool(machine, step.params.pool, context)
      const name = belowPool(dataset)
      if (pool.datasets[name]) {
        const message = `dataset ${dataset} is there already and not of this installation; choose another boot environment name`
        throw new Fault('conflict', message, { details: { dataset } })
      }
      writeDataset(machine, pool, name, {
        type,
        volume_bytes,
        properties,
        stamp: context.installationId,
        tree: emptyTree(),
        snapshots: {},
      })
      machine.store.flush()
    },
    undo(step, context) {
      const pool = ensureImported(machine, step.params.pool, context)
      const name = belowPool(step.params.dataset)
      if (pool?.datasets[name]?.stamp !== context.installationId) return
      for (const [at, source] of machine.runtime.mounts) {
        if (source.kind === 'dataset' && source.guid === pool.guid && source.dataset === name)
          machine.runtime.mounts.delete(at)
      }
      writeDataset(machine, pool, name, null)
      machine.store.flush()
    },
  }
}

export function exportPool(machine: SimulatedMachine): SimulatedExecutor<'export-pool'> {
  return {
    isDone: (step) => importedPool(machine, step.params.pool) === null,
    apply(step) {
      const pool = importedPool(machine, step.params.pool)
      if (!pool) return
      const busy = [...machine.runtime.mounts.values()].some(
        (source) => source.kind === 'dataset' && source.guid === pool.guid,
      )
      if (busy) throw new Fault('conflict', `pool ${step.params.pool} is busy: its datasets are mounted; unmount them`)
      machine.store.flush()
      machine.runtime.imported.delete(step.params.pool)
    },
    undo(step, context) {
      ensureImported(machine, step.params.pool, context)
    },
  }
}
