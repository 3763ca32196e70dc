import type { Plan } from '@slipway/protocol'
import type { StepOutcome } from './run-state.ts'

/** Even a step that takes no time moves the bar a little. */
const leastSeconds = 0.5

/** How much of a plan is done, 0..99: steps weigh their estimated seconds, layers count by their bytes. */
export function planPercent(
  plan: Plan,
  outcomes: Readonly<Record<string, StepOutcome>>,
  bytesByStep: Readonly<Record<string, number>>,
): number {
  let total = 0
  let done = 0
  for (const step of plan.steps) {
    const weight = Math.max(leastSeconds, step.estimated_seconds)
    total += weight
    if (outcomes[step.id] === 'done') done += weight
    else if (step.kind === 'pull-layer' && step.params.layer.bytes > 0)
      done += weight * Math.min(1, (bytesByStep[step.id] ?? 0) / step.params.layer.bytes)
  }
  return total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total))
}
