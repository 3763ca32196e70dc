import type { Plan, Step } from '@slipway/protocol'
import type { StepRecords } from './step-record.ts'

/**
 * The steps to take back, last first: what was finished or begun and has an inverse. Irreversible steps are left out;
 * `plan.steps` marks them with `undo.kind` `none`.
 */
export function undoOrder(plan: Plan, records: StepRecords): Step[] {
  const begun = plan.steps.filter((step) => !['undone', undefined].includes(records[step.id]?.outcome))
  return begun.filter((step) => step.undo.kind === 'inverse').toReversed()
}
