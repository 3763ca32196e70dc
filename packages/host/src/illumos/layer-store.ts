import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import type { LayerStore, StepContext } from '../host.ts'
import { makeTargetTree } from '../linux/layers/target-tree.ts'
import { layerProperty } from '../installation-stamp.ts'
import { extractLayer } from './illumos-argv.ts'
import type { IllumosSystem } from './illumos-system.ts'

type PullLayer = StepOf<'pull-layer'>

/** Layers on the boot environment's dataset: a snapshot before each, a user property when it is whole (zfs(8)). */
export function makeIllumosLayerStore(system: IllumosSystem): LayerStore {
  const exists = async (name: string, context: StepContext) => {
    const argv = ['zfs', 'list', '-H', '-t', 'all', '-o', 'name', name]
    return (await system.run(argv, { signal: context.signal, accept: [0, 1] })).exitCode === 0
  }
  const rollBack = async (step: PullLayer, context: StepContext) => {
    const snapshot = snapshotOf(step)
    if (!(await exists(snapshot, context))) return false
    await system.run(['zfs', 'rollback', '-r', snapshot], { signal: context.signal, deadlineMs: 600_000 })
    return true
  }
  return {
    async isApplied(step, context) {
      const argv = ['zfs', 'get', '-H', '-s', 'local', '-o', 'value', layerProperty(step.params.index), datasetOf(step)]
      const { stdout } = await system.run(argv, { signal: context.signal, accept: [0, 1] })
      return stdout.trim() === step.params.layer.digest
    },
    async begin(step, context) {
      if (await rollBack(step, context)) return
      await system.run(['zfs', 'snapshot', snapshotOf(step)], { signal: context.signal })
    },
    async commit(step, context) {
      await system.run(['sync'], { signal: context.signal, deadlineMs: 600_000 })
      const property = `${layerProperty(step.params.index)}=${step.params.layer.digest}`
      await system.run(['zfs', 'set', property, datasetOf(step)], { signal: context.signal })
    },
    async rollback(step, context) {
      await rollBack(step, context)
      return { restart_from_layer: step.params.index }
    },
    target: () => makeTargetTree(system, extractLayer()),
  }
}

function datasetOf(step: PullLayer): string {
  if (step.params.dataset !== null) return step.params.dataset
  throw new Fault('unsupported', 'an illumos installation has its root on ZFS; make a new plan')
}

function snapshotOf(step: PullLayer): string {
  return `${datasetOf(step)}@slipway-before-layer-${step.params.index}`
}
