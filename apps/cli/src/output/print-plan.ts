import type { Plan } from '@slipway/protocol'
import { printBytes, printSeconds } from './print-bytes.ts'

/** Prints every step of a plan, what it destroys and whether it can be taken back, then the digest. */
export function printPlan(plan: Plan, digest: string): string {
  const total = plan.steps.reduce((sum, step) => sum + step.estimated_seconds, 0)
  const steps = plan.steps.flatMap((step, index) => [
    `${String(index + 1).padStart(3)}. ${step.title}`,
    ...step.destroys.map(
      (loss) =>
        `       DESTROYS ${loss.contents} on ${loss.device} (serial ${loss.serial ?? 'unknown'}, ${printBytes(loss.bytes)})`,
    ),
    ...(step.undo.kind === 'none' ? [`       cannot be undone: ${step.undo.why}`] : []),
  ])
  return [
    `Install ${plan.image.reference} on ${plan.machine_id} as boot environment ${plan.boot_environment}`,
    `Image ${plan.image.digest}, ${printBytes(plan.image.bytes)} to fetch; about ${printSeconds(total)} min`,
    '',
    ...steps,
    '',
    `plan_sha256 ${digest}`,
  ].join('\n')
}

/** Tells whether any step loses data. */
export function planDestroysData(plan: Plan): boolean {
  return plan.steps.some((step) => step.destroys.length > 0)
}
