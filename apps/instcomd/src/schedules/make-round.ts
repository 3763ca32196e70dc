import type { Script } from '@slipway/protocol'
import type { Secrets } from '../pki/secrets.ts'
import type { NewExecution } from '../script-executions/execution-row.ts'
import { makeExecutions } from '../script-executions/make-executions.ts'
import { graceMs } from './next-run.ts'
import { firstRelease, type RoundRules } from './round.ts'
import { openInputs } from './sealed-inputs.ts'
import type { ScheduleRow } from './store.ts'

type Source = Omit<
  ScheduleRow,
  'created_at' | 'updated_at' | 'last_run_at' | 'missed_count' | 'next_run_at' | 'ended' | 'enabled' | 'execution_count'
>

/** Makes the executions of one run of a schedule. Throws `script-invalid` when the script's inputs have changed. */
export function makeRound(
  secrets: Secrets,
  run: { schedule: Source; script: Script; machineIds: readonly string[]; at: Date; round: number },
  random: () => number = Math.random,
): NewExecution[] {
  const { schedule, script, machineIds, at, round } = run
  const { values, env } = openInputs(secrets, schedule.id, schedule.inputs_sealed)
  const rows = makeExecutions(secrets, {
    script,
    machineIds,
    inputValues: values,
    ...(env ? { env } : {}),
    executionType: 'SCHEDULED',
    runAs: schedule.run_as,
    timeoutSeconds: schedule.timeout_seconds,
    scheduledFor: at,
    createdBy: schedule.created_by,
    schedule: { id: schedule.id, round },
  })
  const released = firstRelease(rows.length, rulesOf(schedule))
  return rows.map((row, index) => {
    const scheduledFor = new Date(at.getTime() + Math.floor(random() * schedule.jitter_seconds * 1000))
    // Runs that nobody wants late are cancelled when their machine could not take them in time.
    const sendBy = schedule.missed === 'skip' ? new Date(scheduledFor.getTime() + graceMs) : null
    return { ...row, scheduledFor, sendBy, held: index >= released }
  })
}

/** How the machines of a round take turns. */
export function rulesOf(
  schedule: Pick<ScheduleRow, 'canary' | 'max_parallel' | 'stop_after_failures' | 'on_failure'>,
): RoundRules {
  const { canary, max_parallel: maxParallel, stop_after_failures: stopAfterFailures, on_failure: onFailure } = schedule
  return { canary, maxParallel, stopAfterFailures, onFailure }
}
