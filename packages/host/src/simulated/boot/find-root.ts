import { diskIdentity } from '@slipway/protocol'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { FileTree, PoolState } from '../state.ts'

/** How a loader entry names a root on ext4: by the partition, as a real one does by the file system's UUID. */
export function partitionRoot(identity: string, partition: number | null): string {
  return `partition:${partition ?? ''}:${identity}`
}

/** Finds the root file system that a loader entry names, if enough of its disks answer. */
export function findRoot(machine: SimulatedMachine, root: string): FileTree | null {
  const onPartition = /^partition:(\d+):(.*)$/s.exec(root)
  if (onPartition) return partitionTree(machine, onPartition[2] ?? '', Number(onPartition[1]))
  const [pool = '', ...dataset] = root.split('/')
  for (const [, state] of machine.store.domains()) {
    if (state.kind !== 'pool' || state.name !== pool || !isImportable(machine, state)) continue
    const found = state.datasets[dataset.join('/')]
    if (found) return found.tree
  }
  return null
}

function partitionTree(machine: SimulatedMachine, identity: string, number: number): FileTree | null {
  const state = isPresent(machine, identity) ? machine.diskState(identity) : undefined
  return state?.partitions.find((partition) => partition.number === number)?.content?.tree ?? null
}

/** Tells whether a disk is plugged in and answers. */
export function isPresent(machine: SimulatedMachine, identity: string): boolean {
  const plugged = machine.hardware.some((disk) => diskIdentity(disk).id === identity)
  return plugged && machine.diskState(identity)?.failed === false
}

const parity: Readonly<Record<string, number>> = { raidz1: 1, raidz2: 2, raidz3: 3 }
const dispensable = ['spare', 'log', 'cache'] // zpoolconcepts(7): a pool imports without them (log: with -m)

/** Tells whether enough members of every vdev are there: any of a mirror, all but the parity of a raidz, else all. */
export function isImportable(machine: SimulatedMachine, pool: PoolState): boolean {
  return pool.vdevs.every((vdev) => {
    if (dispensable.includes(vdev.kind)) return true
    const present = vdev.members.filter(({ identity, partition }) =>
      isMember(machine, pool, identity, partition),
    ).length
    if (vdev.kind === 'mirror') return present >= 1
    return present >= vdev.members.length - (parity[vdev.kind] ?? 0)
  })
}

/** Tells whether a device is there and carries the pool's label. */
export function isMember(
  machine: SimulatedMachine,
  pool: PoolState,
  identity: string,
  partition: number | null,
): boolean {
  if (!isPresent(machine, identity)) return false
  const state = machine.diskState(identity)
  const content =
    partition === null ? state?.content : state?.partitions.find((candidate) => candidate.number === partition)?.content
  return content?.pool === pool.guid
}
