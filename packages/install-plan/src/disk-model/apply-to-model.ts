import { unreachable } from '@slipway/base'
import type { Step } from '@slipway/protocol'
import { applyBoot, undoBoot } from './boot-effects.ts'
import { changePool, changeTree, ModelError, requireFact, rootKey, without } from './change-model.ts'
import type { DiskModel } from './disk-model.ts'
import { applyStorage, undoStorage } from './storage-effects.ts'

/** Runs one step on the model; throws `ModelError` when the step uses what an earlier one should have made. */
export function applyToModel(model: DiskModel, step: Step): DiskModel {
  switch (step.kind) {
    case 'wipe-disk':
    case 'partition-disk':
    case 'create-pool':
    case 'create-filesystem':
    case 'create-dataset':
      return applyStorage(model, step)
    case 'mount-target':
      return applyMount(model, step)
    case 'pull-layer': {
      const { layer, dataset } = step.params
      const key = rootKey(model)
      if (dataset !== null && dataset !== key) requireFact(undefined, `dataset ${dataset} as the target root`)
      return changeTree(model, key, (tree) => ({ ...tree, layers: [...tree.layers, layer.digest] }))
    }
    case 'apply-sysconfig':
      return changeTree(model, rootKey(model), (tree) => ({ ...tree, configured: true }))
    case 'install-agent':
      return changeTree(model, rootKey(model), (tree) => ({ ...tree, agent: true }))
    case 'update-boot-archive':
      return changeTree(model, rootKey(model), (tree) => ({ ...tree, bootArchive: true }))
    case 'unmount-target':
      return { ...model, mounts: {} }
    case 'export-pool':
      return changePool(model, step.params.pool, (pool) => ({ ...pool, imported: false }))
    case 'install-bootloader':
    case 'activate-boot-environment':
    case 'reboot':
      return applyBoot(model, step)
    default:
      return unreachable(step)
  }
}

/** Takes one step back on the model; what has nothing to undo, or cannot be undone, changes nothing. */
export function undoOnModel(model: DiskModel, step: Step): DiskModel {
  if (step.undo.kind !== 'inverse') return model
  switch (step.kind) {
    case 'partition-disk':
    case 'create-pool':
    case 'create-filesystem':
    case 'create-dataset':
      return undoStorage(model, step)
    case 'mount-target':
      return undoMount(model, step)
    case 'pull-layer':
      return undoLayer(model, step)
    case 'export-pool':
      return changePool(model, step.params.pool, (pool) => ({ ...pool, imported: true }))
    case 'install-bootloader':
    case 'activate-boot-environment':
      return undoBoot(model, step)
    case 'wipe-disk':
    case 'apply-sysconfig':
    case 'install-agent':
    case 'update-boot-archive':
    case 'unmount-target':
    case 'reboot':
      throw new ModelError(`step ${step.id} says that it has an inverse, and ${step.kind} has none`)
    default:
      return unreachable(step)
  }
}

type MountTarget = Extract<Step, { kind: 'mount-target' }>

function applyMount(model: DiskModel, { params }: MountTarget): DiskModel {
  const imported = params.pools.reduce(
    (next, { pool }) => changePool(next, pool, (facts) => ({ ...facts, imported: true })),
    model,
  )
  const mounts = params.mounts.map(({ at, dataset, device, kind }): [string, string] => {
    if (dataset !== null) {
      const datasets = imported.pools[dataset.split('/')[0] ?? '']?.datasets ?? []
      return [
        at,
        requireFact(
          datasets.find((name) => name === dataset),
          `dataset ${dataset}`,
        ),
      ]
    }
    const { disk, partition } = requireFact(device ?? undefined, `a device for ${at}`)
    const facts = requireFact(imported.disks[disk.identity], `disk ${disk.device}`)
    // On an existing pool's disk the ESP was there before; the model does not look into foreign disks.
    if (facts.foreign === null) {
      requireFact(
        [facts.contents[String(partition)]].find((content) => content === kind),
        `${kind} on ${disk.device}`,
      )
    }
    return [at, `${disk.identity}/${partition ?? 0}`]
  })
  return { ...imported, mounts: Object.fromEntries(mounts) }
}

function undoMount(model: DiskModel, { params }: MountTarget): DiskModel {
  const unmounted = { ...model, mounts: {} }
  return params.pools.reduce((next, { pool, existing }) => {
    const imported = !existing || next.importedAtStart.includes(pool)
    return next.pools[pool] ? changePool(next, pool, (facts) => ({ ...facts, imported })) : next
  }, unmounted)
}

/** Also finds the tree after the target was unmounted, as a host does by the plan. */
function undoLayer(model: DiskModel, { params }: Extract<Step, { kind: 'pull-layer' }>): DiskModel {
  const key = params.dataset ?? Object.keys(model.trees)[0] ?? '' // ext4: the plan's only tree
  const tree = model.trees[key]
  if (!tree) return model
  const layers = params.dataset === null ? [] : tree.layers.slice(0, params.index)
  if (layers.length === 0) return { ...model, trees: without(model.trees, key) }
  // What was configured on top of the layers goes with the snapshot.
  return changeTree(model, key, () => ({ layers, configured: false, agent: false, bootArchive: false }))
}
