import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import type { LayerStore, StepContext } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { mountsBelow, unmountBelow } from '../mounts.ts'
import { layerProperty } from '../../installation-stamp.ts'
import { makeFilesystem } from '../steps/create-filesystem.ts'
import { mountTarget } from '../steps/mount-target.ts'
import { datasetExists, localProperty } from '../zfs/zpool.ts'
import { isLayerMarked, markLayer } from './layer-record.ts'
import { makeTargetTree } from './target-tree.ts'

type PullLayer = StepOf<'pull-layer'>
const syncDeadlineMs = 600_000

/**
 * Layers on a mounted target. ZFS: a snapshot before each layer, a user property when it is whole.
 * ext4: a mark on the target; there is no way back to before one layer, so the file system is made again.
 */
export function makeLayerStore(system: LinuxSystem): LayerStore {
  return {
    async isApplied(step, context) {
      await assertMounted(system)
      const { dataset, index, layer } = step.params
      if (dataset === null) return isLayerMarked(system, index, context, layer.digest)
      return (await localProperty(system, dataset, layerProperty(index), context.signal)) === layer.digest
    },
    async begin(step, context) {
      await assertMounted(system)
      const snapshot = snapshotOf(step)
      // ext4: a layer cut short is unpacked over its own half; the same entries in the same order give the same tree.
      if (snapshot === null) return
      if (await datasetExists(system, snapshot, context.signal)) await rollBackTo(system, snapshot, context)
      else await system.run(['zfs', 'snapshot', snapshot], { signal: context.signal })
    },
    async commit(step, context) {
      await assertMounted(system)
      await system.run(['sync', '--file-system', system.targetRoot], {
        signal: context.signal,
        deadlineMs: syncDeadlineMs,
      })
      const { dataset, index, layer } = step.params
      if (dataset === null) return markLayer(system, index, context, layer.digest)
      await system.run(['zfs', 'set', `${layerProperty(index)}=${layer.digest}`, dataset], { signal: context.signal })
    },
    async rollback(step, context) {
      const snapshot = snapshotOf(step)
      if (snapshot === null) {
        await remakeRoot(system, context)
        return { restart_from_layer: 0 }
      }
      if (await datasetExists(system, snapshot, context.signal)) await rollBackTo(system, snapshot, context)
      return { restart_from_layer: step.params.index }
    },
    target: () => makeTargetTree(system),
  }
}

/** Without this a layer would land in the live environment's own memory. */
async function assertMounted(system: LinuxSystem): Promise<void> {
  const mounted = (await mountsBelow(system, system.targetRoot)).some((mount) => mount.at === system.targetRoot)
  if (!mounted) throw new Fault('conflict', `nothing is mounted at ${system.targetRoot}; mount the target first`)
}

function snapshotOf(step: PullLayer): string | null {
  const { dataset, index } = step.params
  return dataset === null ? null : `${dataset}@slipway-before-layer-${index}`
}

async function rollBackTo(system: LinuxSystem, snapshot: string, context: StepContext): Promise<void> {
  // -r: later layers' snapshots go, too. A rollback keeps user properties, so layer marks set after it are cleared.
  await system.run(['zfs', 'rollback', '-r', snapshot], { signal: context.signal, deadlineMs: syncDeadlineMs })
  const [dataset = ''] = snapshot.split('@')
  const from = Number(snapshot.split('-').at(-1))
  const layers = context.plan.steps.filter((step) => step.kind === 'pull-layer')
  for (const { params } of layers.filter((layer) => layer.params.index >= from)) {
    await system.run(['zfs', 'inherit', layerProperty(params.index), dataset], { signal: context.signal })
  }
}

/** Makes the ext4 root again and mounts everything as it was. */
async function remakeRoot(system: LinuxSystem, context: StepContext): Promise<void> {
  const mount = context.plan.steps.find((step) => step.kind === 'mount-target')
  const root = mount?.params.mounts.find((candidate) => candidate.at === '/')
  const made = context.plan.steps.find(
    (step) =>
      step.kind === 'create-filesystem' &&
      step.params.device.disk.identity === root?.device?.disk.identity &&
      step.params.device.partition === root?.device?.partition,
  )
  if (!mount || made?.kind !== 'create-filesystem') {
    throw new Fault(
      'invalid-request',
      'the plan does not say how its root file system is made, so it cannot be made again',
    )
  }
  await unmountBelow(system, system.targetRoot, context.signal)
  await makeFilesystem(system, made.params, context)
  await mountTarget(system, mount.params, context)
}

/** Removes the snapshots that were taken before layers; called when nothing can go back any more. */
export async function destroyLayerSnapshots(system: LinuxSystem, dataset: string, context: StepContext): Promise<void> {
  for (const step of context.plan.steps) {
    const snapshot = step.kind === 'pull-layer' && step.params.dataset === dataset ? snapshotOf(step) : null
    if (snapshot && (await datasetExists(system, snapshot, context.signal))) {
      await system.run(['zfs', 'destroy', snapshot], { signal: context.signal })
    }
  }
}
