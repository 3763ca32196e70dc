import { Fault, logLevels, type LogLevel } from '@slipway/base'
import type { Executors, LayerStore, StepContext, StepExecutor } from '@slipway/host'
import type { Plan, Step, StepKind } from '@slipway/protocol'
import type { Journal } from './journal.ts'
import type { StepProgress } from './progress-meter.ts'
import type { StepRecord } from './step-records.ts'

/** Every kind of step has its executor; a kind without one does not compile. */
export type AllExecutors = Executors & { readonly 'pull-layer': StepExecutor<'pull-layer'> }

/** Everything that the execution of one plan needs, made once for each start or resumption. */
export interface PlanRun {
  readonly installationId: string
  readonly plan: Plan
  readonly journal: Journal
  /** What both journals know; kept up to date as steps go by. */
  readonly records: Map<string, StepRecord>
  /** Layers that this run has taken back already: coming by again, nothing of them is half-written. */
  readonly takenBack: Set<string>
  /** True when an earlier run may have left work: facts are read from the machine before each step. */
  readonly resumed: boolean
  readonly kdl: string
  readonly firstBoot: StepContext['firstBoot']
  readonly kernelArguments: readonly string[]
  readonly logLevel: LogLevel
  readonly layers: LayerStore
  readonly signal: AbortSignal
  deadlineMs(step: Step): number
  /** Executors whose layer progress goes to `onProgress`. */
  executors(onProgress: (progress: StepProgress) => void): AllExecutors
}

/** The reason of a signal that stops machined itself: nothing is ended or taken back, a later run goes on. */
export const machinedStops = new Fault('unavailable', 'machined is stopping; the installation goes on when it is back')

/** The reason of a signal that stops a run because its finished steps are to be taken back. */
export const rollbackAsked = new Fault('cancelled', 'the step was stopped because the installation is rolled back')

/** What one step runs in. */
export function stepContext(run: PlanRun, step: Step | null, signal: AbortSignal): StepContext {
  return {
    installationId: run.installationId,
    plan: run.plan,
    kdl: run.kdl,
    firstBoot: run.firstBoot,
    kernelArguments: run.kernelArguments,
    signal,
    log: (level, message) => log(run, level, step?.id ?? null, message),
  }
}

/** Appends a line to the installation's log when its level is wanted. */
export function log(run: PlanRun, level: LogLevel, stepId: string | null, message: string): void {
  if (logLevels.indexOf(level) < logLevels.indexOf(run.logLevel)) return
  // A journal that cannot be written fails the next boundary, which waits for it.
  run.journal
    .append({ type: 'log', level, step_id: stepId, message: message.slice(0, 65_536) }, { flush: false })
    .catch(() => undefined)
}

/** The executor of a step, seen as one that takes any step. */
export function executorOf(executors: AllExecutors, step: Step): StepExecutor<StepKind> {
  // The map is total and keyed by kind, so the executor found is the one for this very step; TypeScript cannot follow
  // the link between the union of steps and the union of executors (microsoft/TypeScript issue 30581).
  return executors[step.kind] as unknown as StepExecutor<StepKind>
}
