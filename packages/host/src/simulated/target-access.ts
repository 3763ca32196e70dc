import { Fault } from '@slipway/base'
import type { DeviceRef } from '@slipway/protocol'
import type { StepContext } from '../host.ts'
import { poolDomain } from './initial-state.ts'
import { ensureImported, requireWhole, writeDataset } from './pool-access.ts'
import type { MountSource, SimulatedMachine } from './simulated-machine.ts'
import type { FileTree } from './state.ts'

/** What is mounted at the target root; throws `conflict` when nothing is, as writing would go into memory. */
export function requireRoot(machine: SimulatedMachine): MountSource {
  const root = machine.runtime.mounts.get('/')
  if (!root) throw new Fault('conflict', 'nothing is mounted at the target root; mount the target first')
  return root
}

/** Where the plan's root file system is, mounted or not; null where it was not made yet. For taking steps back. */
export function plannedRoot(machine: SimulatedMachine, context: StepContext): MountSource | null {
  const mount = context.plan.steps.find((step) => step.kind === 'mount-target')
  const root = mount?.params.mounts.find((candidate) => candidate.at === '/')
  if (root?.device) return partitionSource(root.device)
  const [name = '', ...rest] = root?.dataset?.split('/') ?? []
  const pool = ensureImported(machine, name, context)
  const dataset = rest.join('/')
  return pool?.datasets[dataset] ? { kind: 'dataset', guid: pool.guid, dataset } : null
}

export function partitionSource(device: DeviceRef): MountSource {
  return { kind: 'partition', identity: device.disk.identity, partition: device.partition }
}

/** The files of a file system; null where there is none. */
export function readTree(machine: SimulatedMachine, source: MountSource): FileTree | null {
  if (source.kind === 'dataset') {
    const pool = machine.store.get(poolDomain(source.guid))
    return pool?.kind === 'pool' ? (pool.datasets[source.dataset]?.tree ?? null) : null
  }
  const partitions = machine.diskState(source.identity)?.partitions ?? []
  return partitions.find((partition) => partition.number === source.partition)?.content?.tree ?? null
}

/** The files at the target root. */
export function readTarget(machine: SimulatedMachine): FileTree {
  const tree = readTree(machine, requireRoot(machine))
  if (!tree) throw new Fault('conflict', 'the file system at the target root is gone; mount the target again')
  return tree
}

/** Changes what is kept of the target root; the write lasts from the next flush on. */
export function writeTree(machine: SimulatedMachine, source: MountSource, tree: FileTree): void {
  if (source.kind === 'dataset') {
    const pool = machine.store.get(poolDomain(source.guid))
    const dataset = pool?.kind === 'pool' ? pool.datasets[source.dataset] : undefined
    if (pool?.kind !== 'pool' || !dataset) return
    requireWhole(machine, pool)
    writeDataset(machine, pool, source.dataset, { ...dataset, tree })
    return
  }
  const state = machine.diskState(source.identity)
  if (!state) return
  const partitions = state.partitions.map((partition) =>
    partition.number === source.partition && partition.content
      ? { ...partition, content: { ...partition.content, tree } }
      : partition,
  )
  machine.writeDisk(source.identity, { ...state, partitions })
}

/** Checks that the disks below a file system answer. */
export function requireAnswering(machine: SimulatedMachine, source: MountSource, context: StepContext | null): void {
  if (source.kind === 'dataset') {
    const pool = machine.store.get(poolDomain(source.guid))
    if (pool?.kind === 'pool') requireWhole(machine, pool)
    return
  }
  const mount = context?.plan.steps.find((step) => step.kind === 'mount-target')
  const device = mount?.params.mounts.find((candidate) => candidate.device?.disk.identity === source.identity)?.device
  if (device) machine.requireDisk(device.disk)
}
