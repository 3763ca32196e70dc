import type { Plan, Step } from '@slipway/protocol'
import type { StepRecord, StepRecords } from './step-record.ts'

export interface PlanProgress {
  /** 0 to 100, an integer; 100 only when completed. */
  readonly percent: number
  readonly bytes_done: number
  readonly bytes_total: number
  /** From the estimates, corrected by how fast it went so far; null before the first step ended. */
  readonly eta_seconds: number | null
  /** Id of the step that runs; null between steps. */
  readonly step: string | null
}

/** Even a step that takes no time moves the bar a little. */
const leastWeight = 0.5

/**
 * How far a plan is: steps weigh their estimated seconds, a layer counts by its bytes. `before` is the percent told
 * last, below which it never falls, although a layer that is pulled again takes its bytes back.
 */
export function planProgress(
  plan: Plan,
  records: StepRecords,
  told: { completed: boolean; before?: number; elapsedSeconds?: number } = { completed: false },
): PlanProgress {
  const total = plan.steps.reduce((sum, step) => sum + weightOf(step), 0)
  const done = plan.steps.reduce((sum, step) => sum + weightOf(step) * partDone(step, records[step.id]), 0)
  const layers = plan.steps.filter((step) => step.kind === 'pull-layer')
  const bytesTotal = layers.reduce((sum, step) => sum + step.params.layer.bytes, 0)
  const bytesDone = layers.reduce((sum, step) => sum + step.params.layer.bytes * partDone(step, records[step.id]), 0)
  const percent = total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total))
  return {
    percent: told.completed ? 100 : Math.max(percent, Math.min(99, told.before ?? 0)),
    bytes_done: told.completed ? bytesTotal : Math.round(bytesDone),
    bytes_total: bytesTotal,
    eta_seconds: told.completed ? 0 : eta(total, done, told.elapsedSeconds),
    step: plan.steps.find((step) => records[step.id]?.outcome === 'running')?.id ?? null,
  }
}

function weightOf(step: Step): number {
  return Math.max(leastWeight, step.estimated_seconds)
}

function partDone(step: Step, record: StepRecord | undefined): number {
  if (record?.outcome === 'done') return 1
  if (record?.outcome !== 'running' || step.kind !== 'pull-layer' || step.params.layer.bytes === 0) return 0
  return Math.min(1, (record.bytes_done ?? 0) / step.params.layer.bytes)
}

function eta(total: number, done: number, elapsedSeconds: number | undefined): number | null {
  if (done === 0) return null
  const pace = elapsedSeconds === undefined ? 1 : elapsedSeconds / done
  return Math.round((total - done) * pace)
}
