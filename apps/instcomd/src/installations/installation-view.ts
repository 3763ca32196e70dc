import type { Installation, Progress, TimelineStep } from '@slipway/protocol'
import type { Plan } from '@slipway/protocol'
import type { InstallationRow, StepRow } from './store.ts'

/** An installation as the API shows it. */
export function installationView(row: InstallationRow): Installation {
  return {
    installation_id: row.installation_id,
    machine_id: row.machine_id,
    status: row.state,
    image: { reference: row.image_reference, digest: row.image_digest },
    boot_environment: row.boot_environment,
    plan_sha256: row.plan_sha256,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
    created_by: row.created_by,
    progress: progressView(row),
  }
}

/** How far it is; while it waits for its machine, `error` says what for, without being final. */
export function progressView(row: InstallationRow): Progress {
  return {
    status: row.state,
    phase: row.phase,
    step: row.step_id,
    percent: row.percent,
    bytes_done: row.bytes_done,
    bytes_total: row.bytes_total,
    eta_seconds: row.eta_seconds,
    rate_bytes_per_second: row.rate,
    confirmed: row.confirmed,
    error: row.error ?? (row.waiting_for === null ? null : row.waiting_error),
  }
}

/** Start and end of every step of the plan, those to come too. */
export function timelineView(plan: Plan, steps: readonly StepRow[]): TimelineStep[] {
  const rows = new Map(steps.map((step) => [step.step_id, step]))
  return plan.steps.map(({ id, kind, title }) => {
    const row = rows.get(id)
    return {
      step_id: id,
      kind,
      title,
      started_at: row?.started_at.toISOString() ?? null,
      ended_at: row?.ended_at?.toISOString() ?? null,
      outcome: row?.outcome ?? 'pending',
    }
  })
}
