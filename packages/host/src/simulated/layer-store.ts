import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import type { LayerStore, StepContext } from '../host.ts'
import { poolDomain } from './initial-state.ts'
import { writeDataset } from './pool-access.ts'
import type { MountSource, SimulatedMachine } from './simulated-machine.ts'
import type { DatasetState, FileTree } from './state.ts'
import { plannedRoot, readTarget, readTree, requireAnswering, requireRoot, writeTree } from './target-access.ts'
import { emptyTree } from './tree/file-tree.ts'
import { type CurrentLayer, makeLayerTree } from './tree/layer-tree.ts'
import { Overlay, sealOverlay } from './tree/overlay.ts'

type PullLayer = StepOf<'pull-layer'>

/** Layers on the model: a snapshot before each on ZFS; on ext4 going back means an empty file system. */
export function makeSimulatedLayers(machine: SimulatedMachine): LayerStore {
  let current: CurrentLayer | null = null
  return {
    async isApplied(step, context) {
      await machine.whenLive(context.signal)
      const tree = readTarget(machine)
      return tree.begun === null && tree.layers[step.params.index] === step.params.layer.digest
    },
    async begin(step, context) {
      await machine.enter(step, context)
      const root = requireRoot(machine)
      requireAnswering(machine, root, context)
      beginLayer(machine, root, step)
      machine.store.flush()
      current = { step, context }
    },
    async commit(step, context) {
      await machine.whenLive(context.signal)
      requireAnswering(machine, requireRoot(machine), context)
      commitLayer(machine, step)
      machine.store.flush()
      current = null
    },
    async rollback(step, context) {
      await machine.whenLive(context.signal)
      current = null
      const restart = rollBack(machine, step, context)
      machine.store.flush()
      return { restart_from_layer: restart }
    },
    target: (context) => makeLayerTree(machine, context, () => current),
  }
}

/** Opens an overlay for the layer; one that a crash left half written is dropped first. */
function beginLayer(machine: SimulatedMachine, root: MountSource, step: PullLayer): void {
  const { index } = step.params
  const before = wholeLayers(readTarget(machine))
  if (before.layers.length < index) {
    throw new Fault(
      'conflict',
      `layer ${index} begins on ${before.layers.length} layers; unpack the ones before it first`,
    )
  }
  const base = upToLayer(before, index)
  changeDataset(machine, root, (dataset) => ({ ...dataset, snapshots: { ...dataset.snapshots, [index]: base } }))
  writeTree(machine, root, { ...base, overlays: [...base.overlays, new Overlay()], begun: index })
}

function commitLayer(machine: SimulatedMachine, step: PullLayer): void {
  const tree = readTarget(machine)
  const open = tree.overlays.at(-1)
  if (tree.begun !== step.params.index || !open) {
    throw new Fault('conflict', `layer ${step.params.index} was not begun, so it cannot be committed`)
  }
  writeTree(machine, requireRoot(machine), {
    ...tree,
    overlays: [...tree.overlays.slice(0, -1), sealOverlay(open)],
    layers: [...tree.layers, step.params.layer.digest],
    begun: null,
  })
}

function rollBack(machine: SimulatedMachine, step: PullLayer, context: StepContext): number {
  const root = machine.runtime.mounts.get('/') ?? plannedRoot(machine, context)
  const tree = root && readTree(machine, root)
  if (!root || !tree) return step.params.index
  if (root.kind === 'partition') {
    writeTree(machine, root, emptyTree())
    return 0
  }
  writeTree(machine, root, upToLayer(wholeLayers(tree), step.params.index))
  changeDataset(machine, root, (dataset) => ({
    ...dataset,
    snapshots: Object.fromEntries(Object.entries(dataset.snapshots).filter(([n]) => Number(n) < step.params.index)),
  }))
  return step.params.index
}

/** Without the layer that is being written. */
function wholeLayers(tree: FileTree): FileTree {
  return tree.begun === null ? tree : { ...tree, overlays: tree.overlays.slice(0, -1), begun: null }
}

/** The tree as it was before a layer; whatever was configured after the layers goes too. */
function upToLayer(tree: FileTree, index: number): FileTree {
  if (tree.layers.length === index) return tree
  return { ...emptyTree(), overlays: tree.overlays.slice(0, index), layers: tree.layers.slice(0, index) }
}

function changeDataset(
  machine: SimulatedMachine,
  root: MountSource,
  change: (dataset: DatasetState) => DatasetState,
): void {
  if (root.kind !== 'dataset') return
  const pool = machine.store.get(poolDomain(root.guid))
  const dataset = pool?.kind === 'pool' ? pool.datasets[root.dataset] : undefined
  if (pool?.kind === 'pool' && dataset) writeDataset(machine, pool, root.dataset, change(dataset))
}
