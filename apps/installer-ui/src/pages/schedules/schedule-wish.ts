import type { CallInput } from '@slipway/client'
import type { Schedule, Script } from '@slipway/protocol'
import { enteredValues, firstValues, firstWish, timingOf, type RunWish } from '../script/run-wish.ts'

/** A schedule as the form shows it. */
export function wishOf(schedule: Schedule, script: Pick<Script, 'name' | 'inputs'>): RunWish {
  const { targets, timing } = schedule
  const first = firstWish(script, targets.machine_ids ?? [])
  const shared: RunWish = {
    ...first,
    values: firstValues(script.inputs, schedule.input_values),
    tags: targets.tags ?? [],
    name: schedule.name,
    missed: schedule.missed,
    onFailure: schedule.on_failure,
    runAs: schedule.run_as ?? '',
    timeoutSeconds: schedule.timeout_seconds ?? '',
    canary: schedule.canary === 0 ? '' : schedule.canary,
    maxParallel: schedule.max_parallel ?? '',
    stopAfterFailures: schedule.stop_after_failures ?? '',
    jitterSeconds: schedule.jitter_seconds === 0 ? '' : schedule.jitter_seconds,
  }
  switch (timing.kind) {
    case 'immediate':
      return shared
    case 'at':
      return { ...shared, kind: 'at', at: localTime(timing.at) }
    case 'every': {
      const { interval_minutes: minutes, from, max_executions: mostRuns = '' } = timing
      return { ...shared, kind: 'every', minutes, at: from === undefined ? '' : localTime(from), mostRuns }
    }
    case 'cron': {
      const { cron, time_zone: timeZone, max_executions: mostRuns = '' } = timing
      return { ...shared, kind: 'cron', cron, timeZone, mostRuns }
    }
  }
}

/** Inputs can be changed as long as none is a password: those are masked, and would be saved as their mask. */
export function mayChangeInputs({ inputs }: Pick<Script, 'inputs'>): boolean {
  return inputs.length > 0 && inputs.every(({ type }) => type !== 'password')
}

/**
 * What is sent of the form. A search among the targets, which the form does not show, stays; a timing that nobody changed is not sent,
 * because a new one counts its runs from zero.
 */
export function changesOf(
  wish: RunWish,
  schedule: Schedule,
  script: Pick<Script, 'name' | 'inputs'>,
): NonNullable<CallInput<'changeSchedule'>['body']> {
  const { query } = schedule.targets
  const timing = timingOf(wish)
  const hasNewTiming = JSON.stringify(timing) !== JSON.stringify(timingOf(wishOf(schedule, script)))
  return {
    name: wish.name.trim(),
    ...(hasNewTiming && { timing }),
    targets: {
      machine_ids: [...wish.machines],
      ...(wish.tags.length > 0 && { tags: [...wish.tags] }),
      ...(query !== undefined && { query }),
    },
    missed: wish.missed,
    on_failure: wish.onFailure,
    run_as: wish.runAs.trim() || null,
    timeout_seconds: wish.timeoutSeconds || null,
    canary: wish.canary || 0,
    max_parallel: wish.maxParallel || null,
    stop_after_failures: wish.stopAfterFailures || null,
    jitter_seconds: wish.jitterSeconds || 0,
    ...(mayChangeInputs(script) && { input_values: enteredValues(wish) }),
  }
}

/** As a date input wants it: this browser's zone, to the minute. */
function localTime(at: string): string {
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
