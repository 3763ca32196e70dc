import type { InstallationStatus, StepRecord, StepRecords } from '@slipway/install-plan'
import type { InstallationError, InstallationState, LogLine, Plan, TimelineStep } from '@slipway/protocol'

/** What one running installation has come to; made from rows at the start of a run, and folded forward event by event. */
export interface RunState {
  readonly installation_id: string
  readonly machine_id: string
  readonly state: InstallationState
  readonly phase: InstallationState
  readonly step_id: string | null
  readonly percent: number
  readonly bytes_done: number
  readonly rate: number | null
  readonly eta_seconds: number | null
  readonly last_seq: number
  /** Bytes of every layer so far, by step. */
  readonly bytes_by_step: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, StepOutcome>>
}

export type StepOutcome = Exclude<TimelineStep['outcome'], 'pending'>

/** Where it stands, as the installation's state machine moves it; what operators ask for goes to the machine, not here. */
export function statusOf({ state, phase }: Pick<RunState, 'state' | 'phase'>): InstallationStatus {
  return { state, phase, asked: null, confirmed: false }
}

/** Its steps as install-plan's pure functions read them. */
export function recordsOf({ outcomes, bytes_by_step }: Pick<RunState, 'outcomes' | 'bytes_by_step'>): StepRecords {
  const record = ([id, outcome]: [string, StepOutcome]): [string, StepRecord] => [
    id,
    { outcome, bytes_done: bytes_by_step[id] ?? 0 },
  ]
  return Object.fromEntries(Object.entries(outcomes).map(record))
}

/** A change of a step's row; `started_at` null keeps the one that is there. */
export interface StepChange {
  readonly step_id: string
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly outcome: StepOutcome
  readonly error: InstallationError | null
}

/** How the machine says it came out. */
export interface MachineEnding {
  readonly outcome: 'rebooting' | 'installed' | 'failed' | 'cancelled' | 'rolled-back'
  readonly error: InstallationError | null
  readonly at: string
}

/** What a batch of machine events amounts to. */
export interface Folded {
  readonly next: RunState
  /** In order; a step may appear twice. */
  readonly steps: readonly StepChange[]
  readonly logs: readonly Pick<LogLine, 'seq' | 'at' | 'level' | 'step' | 'message'>[]
  readonly ending: MachineEnding | null
  readonly pulledBytes: number
}

/** What the fold needs of a plan, prepared once. */
export interface PlanFacts {
  readonly plan: Plan
  readonly steps: ReadonlyMap<string, Plan['steps'][number]>
}

export function planFacts(plan: Plan): PlanFacts {
  return { plan, steps: new Map(plan.steps.map((step) => [step.id, step])) }
}
