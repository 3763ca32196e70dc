import type { Step } from '@slipway/protocol'
import { executorOf, log, machinedStops, stepContext, type PlanRun } from './plan-run.ts'
import type { Ending } from './run-plan.ts'
import { stepError } from './step-error.ts'
import { withDeadline } from './with-deadline.ts'

/**
 * Takes finished and half-finished steps back in reverse order. A step without an undo is said and passed over; one
 * whose undo fails ends the rollback, because what lies below it cannot be reached any more. Does not throw.
 */
export async function rollbackPlan(run: PlanRun): Promise<Ending> {
  for (const step of run.plan.steps.toReversed()) {
    const record = run.records.get(step.id) ?? 'none'
    if (record === 'none' || record === 'undone') continue
    if (step.undo.kind === 'none') log(run, 'warn', step.id, `cannot be taken back: ${step.title} (${step.undo.why})`)
    if (step.undo.kind !== 'inverse') continue
    try {
      await undo(run, step)
    } catch (thrown) {
      if (thrown === machinedStops) return { outcome: 'interrupted', error: null }
      log(run, 'error', step.id, `could not be taken back: ${step.title}`)
      return { outcome: 'failed', error: stepError(thrown, step) }
    }
  }
  return { outcome: 'rolled-back', error: null }
}

async function undo(run: PlanRun, step: Step): Promise<void> {
  log(run, 'info', step.id, `taking back: ${step.title}`)
  const input = { ms: run.deadlineMs(step), what: `taking back step ${step.id} (${step.title})`, signal: run.signal }
  await withDeadline(input, (signal) => {
    const executor = executorOf(
      run.executors(() => undefined),
      step,
    )
    return executor.undo(step, stepContext(run, step, signal))
  })
  run.records.set(step.id, 'undone')
  await run.journal.append(
    { type: 'step-ended', step_id: step.id, outcome: 'undone', skipped: false, error: null },
    { flush: true },
  )
}
