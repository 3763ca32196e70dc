export { describeContents } from './describe-contents.ts'
export { destroysData } from './destroys-data.ts'
export { applyToModel, undoOnModel } from './disk-model/apply-to-model.ts'
export { type DiskModel, diskModel } from './disk-model/disk-model.ts'
export { deviceName, diskTitle, isBlank } from './disk-ref.ts'
export { errorRemedy, type RemedyFacts } from './error-remedy.ts'
export { installationError, refusedPlanError } from './installation-error.ts'
export {
  type InstallationEffect,
  type InstallationInput,
  type InstallationStatus,
  type InstallationTransition,
  nextInstallation,
  queuedInstallation,
} from './installation-machine.ts'
export { makePlan } from './make-plan.ts'
export { planDigest } from './plan-digest.ts'
export { planDisks, stepDisks } from './plan-disks.ts'
export type { PlanInput } from './plan-input.ts'
export { planPhases } from './plan-phases.ts'
export { planProblemCodes, type PlanProblem, type PlanProblemCode } from './plan-problem.ts'
export { type PlanProgress, planProgress } from './plan-progress.ts'
export type { StepRecord, StepRecords } from './step-record.ts'
export { undoOrder } from './undo-order.ts'
