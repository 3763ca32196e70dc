import { toFault } from '@slipway/base'
import type { Step, StepOf } from '@slipway/protocol'
import { executorOf, log, machinedStops, stepContext, type PlanRun } from './plan-run.ts'
import { ProgressMeter } from './progress-meter.ts'
import { stepError } from './step-error.ts'
import { withDeadline } from './with-deadline.ts'

/** Reading a fact takes seconds; a disk that hangs must not hold the machine for longer. */
const readFactMs = 120_000
/** Taking a layer back is a rollback of a snapshot, or mkfs of a whole disk. */
const takeBackMs = 600_000

/** Reads from the machine whether a step is as it leaves it. */
export function isDone(run: PlanRun, step: Step): Promise<boolean> {
  const input = { ms: readFactMs, what: `checking step ${step.id} (${step.title})`, signal: run.signal }
  return withDeadline(input, (signal) => {
    const executor = executorOf(
      run.executors(() => undefined),
      step,
    )
    return executor.isDone(step, stepContext(run, step, signal))
  })
}

/** Records a step that the machine shows as done, once. */
export async function settleDone(run: PlanRun, step: Step): Promise<void> {
  const record = run.records.get(step.id) ?? 'none'
  if (record === 'done') return log(run, 'debug', step.id, `already done: ${step.title}`)
  log(run, 'info', step.id, `found done on the machine: ${step.title}`)
  if (record !== 'running') await run.journal.append({ type: 'step-started', step_id: step.id }, { flush: false })
  await run.journal.append(
    { type: 'step-ended', step_id: step.id, outcome: 'done', skipped: true, error: null },
    { flush: true },
  )
  run.records.set(step.id, 'done')
}

/**
 * Executes a step under its deadline. A finished step has one start and one end in the journal however often it is
 * interrupted: a start is not written twice, and a step that has to be done again after its end writes log lines only.
 */
export async function executeStep(run: PlanRun, step: Step): Promise<void> {
  const record = run.records.get(step.id) ?? 'none'
  if (record === 'done')
    log(run, 'info', step.id, `the machine does not show it any more, doing it again: ${step.title}`)
  else if (record === 'running') log(run, 'info', step.id, `going on: ${step.title}`)
  else {
    run.records.set(step.id, 'running')
    await run.journal.append({ type: 'step-started', step_id: step.id }, { flush: false })
  }
  try {
    await apply(run, step)
  } catch (error) {
    await fail(run, step, error)
  }
  if (record === 'done') return log(run, 'info', step.id, `done again: ${step.title}`)
  run.records.set(step.id, 'done')
  await run.journal.append(
    { type: 'step-ended', step_id: step.id, outcome: 'done', skipped: false, error: null },
    { flush: true },
  )
}

/** Takes a half-written layer back; returns the layer to go on from. */
export function takeLayerBack(run: PlanRun, step: StepOf<'pull-layer'>): Promise<{ restart_from_layer: number }> {
  // Not the run's signal: a cancelled layer is taken back, too.
  const input = { ms: takeBackMs, what: `taking back ${step.title}`, signal: new AbortController().signal }
  return withDeadline(input, (signal) => run.layers.rollback(step, stepContext(run, step, signal)))
}

async function apply(run: PlanRun, step: Step): Promise<void> {
  const first = {
    bytes_done: 0,
    bytes_total: step.kind === 'pull-layer' ? step.params.layer.bytes : 0,
    bytes_from_wire: 0,
  }
  const meter = new ProgressMeter(first, (progress) => {
    run.journal.append({ type: 'progress', step_id: step.id, ...progress }, { flush: false }).catch(() => undefined) // as for log lines
  })
  try {
    const input = { ms: run.deadlineMs(step), what: `step ${step.id} (${step.title})`, signal: run.signal }
    await withDeadline(input, (signal) => {
      const executor = executorOf(
        run.executors((progress) => meter.update(progress)),
        step,
      )
      return executor.apply(step, stepContext(run, step, signal))
    })
  } finally {
    meter.stop()
  }
}

async function fail(run: PlanRun, step: Step, thrown: unknown): Promise<never> {
  if (thrown === machinedStops) throw thrown
  const error = stepError(thrown, step)
  log(run, 'error', step.id, `${step.title}: ${error.message}`)
  if (step.kind === 'pull-layer') {
    await takeLayerBack(run, step).then(
      () => log(run, 'info', step.id, 'the half-written layer was taken back'),
      (cause: unknown) =>
        log(run, 'error', step.id, `the half-written layer could not be taken back: ${toFault(cause).message}`),
    )
  }
  if (run.records.get(step.id) !== 'done') {
    run.records.set(step.id, 'failed')
    await run.journal.append(
      { type: 'step-ended', step_id: step.id, outcome: 'failed', skipped: false, error },
      { flush: true },
    )
  }
  throw thrown
}
