import { isFault, toFault } from '@slipway/base'
import type { InstallationError, Plan, Step } from '@slipway/protocol'
import { executorOf, log, machinedStops, rollbackAsked, stepContext, type PlanRun } from './plan-run.ts'
import { executeStep, isDone, settleDone, takeLayerBack } from './run-step.ts'
import { stepError } from './step-error.ts'
import { withDeadline } from './with-deadline.ts'

/** How a run came out; `interrupted` writes no terminal event, because the installation goes on later. */
export type Ending =
  | { readonly outcome: 'rebooting' | 'installed' | 'rolled-back'; readonly error: null }
  | { readonly outcome: 'failed' | 'cancelled'; readonly error: InstallationError }
  | { readonly outcome: 'interrupted'; readonly error: null }

/** Leaving a target in order: unmount and export take seconds, unless a process hangs in the target. */
const leaveTargetMs = 120_000

/** Executes a plan from wherever it stands, after `prepare` (identities, sizes, contents). Does not throw. */
export async function runPlan(run: PlanRun, prepare: () => Promise<void>): Promise<Ending> {
  let step: Step | null = null
  try {
    await prepare()
    for (let index = 0; index < run.plan.steps.length;) {
      step = run.plan.steps[index] ?? null
      if (!step) break
      run.signal.throwIfAborted()
      index = await runOne(run, step, index)
    }
    return { outcome: run.plan.reboot ? 'rebooting' : 'installed', error: null }
  } catch (thrown) {
    return await endEarly(run, step, run.signal.aborted ? run.signal.reason : thrown)
  }
}

/** Leaves the target in order after an early end: unmounted and exported, so that another plan can start from it. */
export async function leaveTarget(run: PlanRun): Promise<void> {
  const isOpen = run.plan.steps.some((step) => isMounting(step) && run.records.has(step.id))
  if (!isOpen) return
  for (const step of run.plan.steps) {
    if (step.kind !== 'unmount-target' && step.kind !== 'export-pool') continue
    const input = {
      ms: leaveTargetMs,
      what: `leaving the target (${step.title})`,
      signal: new AbortController().signal,
    }
    await withDeadline(input, (signal) => {
      const executor = executorOf(
        run.executors(() => undefined),
        step,
      )
      return executor.apply(step, stepContext(run, step, signal))
    }).catch((error: unknown) =>
      log(run, 'warn', step.id, `the target could not be left in order: ${toFault(error).message}`),
    )
  }
}

/** Runs the step at an index and returns the index to go on with: an ext4 target may have to begin at an earlier layer. */
async function runOne(run: PlanRun, step: Step, index: number): Promise<number> {
  if (run.resumed && (await isDone(run, step))) {
    await settleDone(run, step)
    return index + 1
  }
  if (
    step.kind === 'pull-layer' &&
    run.resumed &&
    run.records.get(step.id) === 'running' &&
    !run.takenBack.has(step.id)
  ) {
    run.takenBack.add(step.id)
    const { restart_from_layer } = await takeLayerBack(run, step)
    log(run, 'info', step.id, `a half-written layer was taken back; going on from layer ${restart_from_layer}`)
    if (restart_from_layer < step.params.index) return indexOfLayer(run.plan, restart_from_layer)
  }
  await executeStep(run, step)
  return index + 1
}

function indexOfLayer(plan: Plan, layer: number): number {
  return plan.steps.findIndex((step) => step.kind === 'pull-layer' && step.params.index === layer)
}

function isMounting(step: Step): boolean {
  return step.kind === 'mount-target' || step.kind === 'create-pool' || step.kind === 'create-dataset'
}

async function endEarly(run: PlanRun, step: Step | null, thrown: unknown): Promise<Ending> {
  if (thrown === machinedStops || thrown === rollbackAsked) return { outcome: 'interrupted', error: null }
  await leaveTarget(run)
  const error = stepError(thrown, step)
  return { outcome: isFault(thrown, 'cancelled') ? 'cancelled' : 'failed', error }
}
