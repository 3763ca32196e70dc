import type { DeviceRef } from '@slipway/protocol'
import type { DiskFacts, DiskModel, PoolFacts, TreeFacts } from './disk-model.ts'

/** A step that does not fit the model: the plan is wrong, not the machine. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
}

export function requireFact<T>(fact: T | undefined, what: string): T {
  if (fact === undefined) throw new ModelError(`the plan uses ${what}, which is not there at that point`)
  return fact
}

/** How the model names a device. */
export function deviceKey(device: DeviceRef): string {
  return `${device.disk.identity}/${device.partition ?? 0}`
}

/** A copy of a record without one key. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([candidate]) => candidate !== key))
}

export function changeDisk(model: DiskModel, identity: string, change: (disk: DiskFacts) => DiskFacts): DiskModel {
  const disk = requireFact(model.disks[identity], `disk ${identity}`)
  return { ...model, disks: { ...model.disks, [identity]: change(disk) } }
}

export function changePool(model: DiskModel, name: string, change: (pool: PoolFacts) => PoolFacts): DiskModel {
  const pool = requireFact(model.pools[name], `pool ${name}`)
  return { ...model, pools: { ...model.pools, [name]: change(pool) } }
}

/** Sets or clears what is on a device; a partition must have been made before. */
export function setContent(model: DiskModel, device: DeviceRef, content: string | null): DiskModel {
  const key = String(device.partition ?? 0)
  return changeDisk(model, device.disk.identity, (disk) => {
    const isThere = device.partition === null || disk.partitions.some(({ number }) => number === device.partition)
    if (!isThere) throw new ModelError(`the plan uses ${disk.name}/${key}, which is not there at that point`)
    return { ...disk, contents: content === null ? without(disk.contents, key) : { ...disk.contents, [key]: content } }
  })
}

/** The tree that is mounted at the target root. */
export function rootKey(model: DiskModel): string {
  return requireFact(model.mounts['/'], 'the target root')
}

export function changeTree(model: DiskModel, key: string, change: (tree: TreeFacts) => TreeFacts): DiskModel {
  const tree = model.trees[key] ?? { layers: [], configured: false, agent: false, bootArchive: false }
  return { ...model, trees: { ...model.trees, [key]: change(tree) } }
}
