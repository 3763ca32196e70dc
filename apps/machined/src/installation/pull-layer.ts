import { isFault } from '@slipway/base'
import type { LayerStore, LayerTree, StepContext, StepExecutor } from '@slipway/host'
import type { StepOf } from '@slipway/protocol'
import type { StepProgress } from './progress-meter.ts'

/** One layer to be fetched, verified and unpacked in one pass. */
export interface LayerWork {
  readonly step: StepOf<'pull-layer'>
  readonly target: LayerTree
  readonly signal: AbortSignal
  log: StepContext['log']
  onProgress(progress: StepProgress): void
}

/** Where layers come from: the registry of the plan's image and its mirrors; oci-layers.ts is the real one. */
export interface LayerSource {
  /** How many sources there are for the step's image: a damaged layer is asked for once from each. */
  sourcesFor(step: StepOf<'pull-layer'>): number
  applyLayer(work: LayerWork): Promise<void>
}

/**
 * The one kind of step that machined executes itself: it joins the registry and the host's layer store. A layer with a
 * wrong digest is taken back and asked for from the next mirror, where only this layer has to be done again (ZFS).
 * The last failure is left to the runner, which takes the layer back too.
 */
export function makePullLayer(
  layers: LayerStore,
  source: LayerSource,
  onProgress: (progress: StepProgress) => void,
): StepExecutor<'pull-layer'> {
  async function pull(step: StepOf<'pull-layer'>, context: StepContext): Promise<void> {
    await layers.begin(step, context)
    const { log, signal } = context
    await source.applyLayer({ step, target: layers.target(context), signal, log, onProgress })
    await layers.commit(step, context)
  }
  return {
    isDone: (step, context) => layers.isApplied(step, context),
    async apply(step, context) {
      for (let left = source.sourcesFor(step); ; left -= 1) {
        try {
          return await pull(step, context)
        } catch (error) {
          if (left <= 1 || context.signal.aborted || !isFault(error, 'image-digest-mismatch')) throw error
          context.log('warn', `${error.message}; taking the layer back and asking the next source`)
          const { restart_from_layer } = await layers.rollback(step, context)
          if (restart_from_layer !== step.params.index) throw error
        }
      }
    },
    undo: async (step, context) => {
      await layers.rollback(step, context)
    },
  }
}
