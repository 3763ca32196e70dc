import type { Plan } from '@slipway/protocol'
import type { NewEvent } from '../events/append-event.ts'
import type { Folded, PlanFacts, RunState } from './run-state.ts'

/** `installation.progress`: the progress of the API, without its error. */
export function progressEvent(state: RunState, plan: Plan, waitingFor: string | null = null): NewEvent {
  return {
    type: 'installation.progress',
    data: {
      installation_id: state.installation_id,
      machine_id: state.machine_id,
      status: state.state,
      phase: state.phase,
      step: state.step_id,
      percent: state.percent,
      bytes_done: state.bytes_done,
      bytes_total: plan.image.bytes,
      rate_bytes_per_second: state.rate,
      eta_seconds: state.eta_seconds,
      ...(waitingFor !== null && { waiting_for: waitingFor }),
    },
    actor: 'instcomd',
  }
}

/** `installation.step`: one for each start and end in a batch. */
export function stepEvents(folded: Folded, facts: PlanFacts): NewEvent[] {
  const { installation_id, machine_id, state } = folded.next
  return folded.steps.map((change) => {
    const step = facts.steps.get(change.step_id)
    const { step_id, outcome, started_at, ended_at, error } = change
    const what = { step_id, kind: step?.kind ?? null, title: step?.title ?? null }
    return {
      type: 'installation.step',
      data: { installation_id, machine_id, status: state, ...what, outcome, at: ended_at ?? started_at, error },
      actor: 'instcomd',
    }
  })
}
