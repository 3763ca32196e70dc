import { nextInstallation, planProgress, type PlanProgress } from '@slipway/install-plan'
import type { MachineEvent } from '@slipway/protocol'
import {
  recordsOf,
  statusOf,
  type Folded,
  type MachineEnding,
  type PlanFacts,
  type RunState,
  type StepChange,
} from './run-state.ts'

interface Draft {
  state: RunState
  steps: StepChange[]
  logs: Folded['logs'][number][]
  ending: MachineEnding | null
  pulled: number
}

/**
 * Folds machine events into the state of an installation. Pure.
 * INVARIANTS
 * - An event at or below `last_seq` changes nothing: replays are harmless.
 * - Percent never falls and stays below 100; state and phase never go back in the order of states.
 * - Nothing counts after `ended`.
 */
export function foldEvents(before: RunState, events: readonly MachineEvent[], facts: PlanFacts): Folded {
  const draft: Draft = { state: before, steps: [], logs: [], ending: null, pulled: 0 }
  for (const event of events) {
    if (event.seq <= draft.state.last_seq || draft.ending) continue
    apply(draft, event, facts)
    draft.state = { ...draft.state, last_seq: event.seq }
  }
  const progress = planProgress(facts.plan, recordsOf(draft.state), { completed: false, before: before.percent })
  const { percent, bytes_done } = progress
  const next = { ...draft.state, percent, bytes_done, ...speed(before, events, progress) }
  return { next, steps: draft.steps, logs: draft.logs, ending: draft.ending, pulledBytes: draft.pulled }
}

function apply(draft: Draft, event: MachineEvent, facts: PlanFacts): void {
  switch (event.type) {
    case 'step-started':
      return startStep(draft, event, facts)
    case 'step-ended':
      return endStep(draft, event, facts)
    case 'progress':
      return progress(draft, event)
    case 'log':
      draft.logs.push({ seq: event.seq, at: event.at, level: event.level, step: event.step_id, message: event.message })
      return
    case 'ended':
      draft.ending = { outcome: event.outcome, error: event.error, at: event.at }
  }
}

function startStep(draft: Draft, event: Extract<MachineEvent, { type: 'step-started' }>, facts: PlanFacts): void {
  const { step_id, at } = event
  draft.steps.push({ step_id, started_at: at, ended_at: null, outcome: 'running', error: null })
  const kind = facts.steps.get(step_id)?.kind
  const { state, phase } = kind
    ? nextInstallation(statusOf(draft.state), { type: 'step-started', kind }).status
    : draft.state
  draft.state = {
    ...draft.state,
    step_id,
    state,
    phase,
    outcomes: { ...draft.state.outcomes, [step_id]: 'running' },
  }
}

function endStep(draft: Draft, event: Extract<MachineEvent, { type: 'step-ended' }>, facts: PlanFacts): void {
  const { step_id, at, outcome, error } = event
  draft.steps.push({ step_id, started_at: null, ended_at: at, outcome, error })
  const step = facts.steps.get(step_id)
  const whole = outcome === 'done' && step?.kind === 'pull-layer' ? { [step_id]: step.params.layer.bytes } : {}
  draft.state = {
    ...draft.state,
    outcomes: { ...draft.state.outcomes, [step_id]: outcome },
    bytes_by_step: { ...draft.state.bytes_by_step, ...whole },
  }
}

function progress(draft: Draft, event: Extract<MachineEvent, { type: 'progress' }>): void {
  const known = draft.state.bytes_by_step[event.step_id] ?? 0
  draft.pulled += Math.max(0, event.bytes_done - known)
  draft.state = {
    ...draft.state,
    step_id: event.step_id,
    bytes_by_step: { ...draft.state.bytes_by_step, [event.step_id]: event.bytes_done },
  }
}

/** Smoothed over batches, so that one slow chunk does not make the estimate jump. */
const smoothing = 0.3

function speed(
  before: RunState,
  events: readonly MachineEvent[],
  progress: PlanProgress,
): Pick<RunState, 'rate' | 'eta_seconds'> {
  const rate = rateOf(before, events, progress.bytes_done)
  const left = progress.bytes_total - progress.bytes_done
  // Between layers the network tells nothing: then the plan's estimates are the better guess.
  return { rate, eta_seconds: rate !== null && rate > 0 && left > 0 ? Math.round(left / rate) : progress.eta_seconds }
}

function rateOf(before: RunState, events: readonly MachineEvent[], bytesDone: number): number | null {
  const first = events.find((event) => event.type === 'progress')
  const last = events.findLast((event) => event.type === 'progress')
  if (!first || !last || first === last) return before.rate
  const seconds = (Date.parse(last.at) - Date.parse(first.at)) / 1000
  if (!(seconds > 0)) return before.rate
  const now = Math.max(0, bytesDone - before.bytes_done) / seconds
  return Math.round(before.rate === null ? now : before.rate * (1 - smoothing) + now * smoothing)
}
