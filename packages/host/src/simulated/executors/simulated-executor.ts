import type { Step, StepKind, StepOf } from '@slipway/protocol'
import type { HostStepKind, StepContext, StepExecutor } from '../../host.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'

/** A step on the model: the same three questions as on a real host, answered at once. */
export interface SimulatedExecutor<K extends StepKind> {
  isDone(step: StepOf<K>, context: StepContext): boolean
  apply(step: StepOf<K>, context: StepContext): void
  undo(step: StepOf<K>, context: StepContext): void
}

/** Puts power, faults and pace in front of a step on the model. */
export function simulateStep<K extends HostStepKind>(
  machine: SimulatedMachine,
  executor: SimulatedExecutor<K>,
): StepExecutor<K> {
  return {
    async isDone(step, context) {
      await machine.whenLive(context.signal)
      return executor.isDone(step, context)
    },
    async apply(step, context) {
      await machine.enter(step, context)
      executor.apply(step, context)
      context.log('debug', `simulated: ${titleOf(step)}`)
    },
    async undo(step, context) {
      await machine.whenLive(context.signal)
      executor.undo(step, context)
      context.log('debug', `simulated: took back "${titleOf(step)}"`)
    },
  }
}

/** Read through `Step`: the compiler does not see a common member through the generic. */
function titleOf(step: Step): string {
  return step.title
}
