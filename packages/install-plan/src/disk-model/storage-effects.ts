import { unreachable } from '@slipway/base'
import type { Step } from '@slipway/protocol'
import { changeDisk, changePool, deviceKey, ModelError, requireFact, setContent, without } from './change-model.ts'
import type { DiskModel } from './disk-model.ts'

type StorageKind = 'wipe-disk' | 'partition-disk' | 'create-pool' | 'create-filesystem' | 'create-dataset'
type StorageStep = Extract<Step, { kind: StorageKind }>
type CreatePool = Extract<Step, { kind: 'create-pool' }>

export function applyStorage(model: DiskModel, step: StorageStep): DiskModel {
  switch (step.kind) {
    case 'wipe-disk':
      return changeDisk(model, step.params.disk.identity, (disk) => ({
        ...disk,
        foreign: null,
        partitions: [],
        contents: {},
      }))
    case 'partition-disk':
      requireClean(model, step.params.disk.identity)
      return changeDisk(model, step.params.disk.identity, (disk) => ({
        ...disk,
        partitions: step.params.partitions.map(({ number, role }) => ({ number, role })),
        contents: {},
      }))
    case 'create-filesystem':
      return setContent(model, step.params.device, step.params.filesystem)
    case 'create-pool':
      return applyPool(model, step)
    case 'create-dataset': {
      const { pool, dataset } = step.params
      const present = requireFact(model.pools[pool], `pool ${pool}`).datasets
      if (present.includes(dataset)) throw new ModelError(`the plan creates dataset ${dataset}, which is there already`)
      return changePool(model, pool, (facts) => ({ ...facts, datasets: [...facts.datasets, dataset] }))
    }
    default:
      return unreachable(step)
  }
}

export function undoStorage(model: DiskModel, step: Exclude<StorageStep, { kind: 'wipe-disk' }>): DiskModel {
  switch (step.kind) {
    case 'partition-disk':
      return changeDisk(model, step.params.disk.identity, (disk) => ({ ...disk, partitions: [], contents: {} }))
    case 'create-filesystem': {
      const cleared = setContent(model, step.params.device, null)
      return { ...cleared, trees: without(cleared.trees, deviceKey(step.params.device)) }
    }
    case 'create-pool': {
      const cleared = step.params.vdevs
        .flatMap((vdev) => vdev.devices)
        .reduce((next, device) => setContent(next, device, null), model)
      return { ...cleared, pools: without(cleared.pools, installName(step)) }
    }
    case 'create-dataset': {
      const { pool, dataset } = step.params
      const datasets = (present: readonly string[]) => present.filter((name) => name !== dataset)
      const changed = changePool(model, pool, (facts) => ({ ...facts, datasets: datasets(facts.datasets) }))
      return { ...changed, trees: without(changed.trees, dataset) }
    }
    default:
      return unreachable(step)
  }
}

function applyPool(model: DiskModel, step: CreatePool): DiskModel {
  const name = installName(step)
  if (model.pools[name]) throw new ModelError(`the plan creates pool ${name}, which is there already`)
  const devices = step.params.vdevs.flatMap((vdev) => vdev.devices)
  for (const device of devices) requireClean(model, device.disk.identity)
  const written = devices.reduce((next, device) => setContent(next, device, `zfs_member of ${name}`), model)
  const vdevs = step.params.vdevs.map((vdev) => ({ kind: vdev.kind, devices: vdev.devices.map(deviceKey) }))
  const pool = { imported: true, existing: false, vdevs, datasets: [], active: null, once: null }
  return { ...written, pools: { ...written.pools, [name]: pool } }
}

function installName({ params }: CreatePool): string {
  return params.temporary_name ?? params.pool
}

/** Somebody else's data is lost by a wipe and by nothing else. */
function requireClean(model: DiskModel, identity: string): void {
  const disk = requireFact(model.disks[identity], `disk ${identity}`)
  if (disk.foreign !== null) throw new ModelError(`the plan writes to ${disk.name} without a wipe: ${disk.foreign}`)
}
