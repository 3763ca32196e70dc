import type { Plan } from '@slipway/protocol'

/** Tells whether a plan loses data for good, so that its digest must be confirmed before it runs. */
export function destroysData(plan: Plan): boolean {
  return plan.steps.some((step) => step.destroys.length > 0)
}
