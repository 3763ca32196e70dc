import { diskIdentity } from '@slipway/protocol'
import { allPools } from './pool-access.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { DiskState, FileTree, FirmwareState, PoolState } from './state.ts'
import { treeDigest, treeEntries } from './tree/file-tree.ts'

/** A file system in short; `digest` names its files. */
export interface TreeSummary {
  readonly digest: string
  readonly paths: number
  readonly layers: readonly string[]
  /** True while a layer is half written. */
  readonly partial: boolean
  readonly hostname: string | null
  readonly agent: boolean
  readonly boot_archive: boolean
}

/** Everything that a simulated machine holds, small enough to compare: two equal states are two equal machines. */
export interface SimulatedState {
  readonly power: 'live' | 'installed' | 'off'
  readonly imported: readonly string[]
  readonly mounts: readonly string[]
  /** By device name. */
  readonly disks: Readonly<Record<string, Omit<DiskState, 'kind'>>>
  /** By name; trees by dataset. */
  readonly pools: Readonly<Record<string, Omit<PoolState, 'kind' | 'datasets'> & { datasets: readonly string[] }>>
  /** By dataset (`rpool/ROOT/be-1`) or partition (`vda2`): file systems with files, or that a system is made of. */
  readonly trees: Readonly<Record<string, TreeSummary>>
  readonly firmware: FirmwareState
}

export function summarize(machine: SimulatedMachine): SimulatedState {
  const disks = machine.hardware.map((disk) => [disk.name, machine.diskState(diskIdentity(disk).id)] as const)
  const pools = allPools(machine)
  return {
    power: machine.runtime.power,
    imported: [...machine.runtime.imported.keys()],
    mounts: [...machine.runtime.mounts.keys()],
    disks: Object.fromEntries(disks.flatMap(([name, state]) => (state ? [[name, withoutTrees(state)]] : []))),
    pools: Object.fromEntries(
      pools.map(({ kind: _kind, datasets, ...pool }) => [
        pool.name,
        { ...pool, datasets: Object.keys(datasets).sort() },
      ]),
    ),
    trees: Object.fromEntries([
      ...disks.flatMap(([name, state]) => diskTrees(name, state)),
      ...pools.flatMap(poolTrees),
    ]),
    firmware: machine.firmware(),
  }
}

function withoutTrees({ kind: _kind, ...state }: DiskState): Omit<DiskState, 'kind'> {
  const partitions = state.partitions.map((partition) => ({
    ...partition,
    content: partition.content && { ...partition.content, tree: null },
  }))
  return { ...state, partitions }
}

function diskTrees(name: string, state: DiskState | undefined): [string, TreeSummary][] {
  return (state?.partitions ?? []).flatMap(({ number, role, content }): [string, TreeSummary][] =>
    content?.tree && role === 'root' ? [[`${name}${number}`, summary(content.tree)]] : [],
  )
}

function poolTrees(pool: PoolState): [string, TreeSummary][] {
  const systems = Object.entries(pool.datasets).filter(
    ([, dataset]) => dataset.tree.layers.length > 0 || dataset.tree.begun !== null,
  )
  return systems.map(([name, dataset]) => [`${pool.name}/${name}`, summary(dataset.tree)])
}

function summary(tree: FileTree): TreeSummary {
  return {
    digest: treeDigest(tree),
    paths: treeEntries(tree).size,
    layers: tree.layers,
    partial: tree.begun !== null,
    hostname: tree.hostname,
    agent: tree.agent,
    boot_archive: tree.boot_archive !== null,
  }
}
