import { unreachable } from '@slipway/base'
import type { Schedule, ScheduleTiming } from '@slipway/protocol'
import { lastCronTimes, nextCronTime } from './cron-times.ts'
import { parseTime } from './parse-time.ts'

/** A run this late still counts as on time where missed runs are skipped; milliseconds. */
export const graceMs = 60_000
/** What a server that was down for long makes up for at most, in one go. */
const mostCaughtUp = 100
/** Times of a cron expression that are counted one by one; more are jumped over. */
const mostCounted = 1000

export interface DueRuns {
  /** Times of the runs to make now, oldest first. */
  readonly runs: readonly Date[]
  /** Times that passed without a run. */
  readonly missed: number
  /** Null: there is none any more; `ended` says why. */
  readonly next: Date | null
  readonly ended: string | null
}

/** When a schedule that begins now runs for the first time. */
export function firstRun(timing: ScheduleTiming, now: Date): Date | null {
  switch (timing.kind) {
    case 'immediate':
      return now
    case 'at':
      return parseTime(timing.at, 'timing.at')
    case 'every':
      return timing.from === undefined ? now : parseTime(timing.from, 'timing.from')
    case 'cron':
      return nextCronTime(timing.cron, timing.time_zone, now)
    default:
      return unreachable(timing)
  }
}

/** The time after one of the schedule's times. */
export function followingRun(timing: ScheduleTiming, time: Date): Date | null {
  switch (timing.kind) {
    case 'immediate':
    case 'at':
      return null
    case 'every':
      return new Date(time.getTime() + timing.interval_minutes * 60_000)
    case 'cron':
      return nextCronTime(timing.cron, timing.time_zone, time)
    default:
      return unreachable(timing)
  }
}

/** The first of the schedule's times that lies after `now`, counted on from one of them. */
export function nextAfter(timing: ScheduleTiming, time: Date, now: Date): Date | null {
  if (time > now) return time
  if (timing.kind === 'cron') return nextCronTime(timing.cron, timing.time_zone, now)
  if (timing.kind !== 'every') return null
  const step = timing.interval_minutes * 60_000
  return new Date(time.getTime() + (Math.floor((now.getTime() - time.getTime()) / step) + 1) * step)
}

/** What to do at `now` about a schedule whose next time has come: the runs to make, what was missed, and what follows. */
export function dueRuns(
  schedule: { timing: ScheduleTiming; next: Date; made: number; missed: Schedule['missed'] },
  now: Date,
): DueRuns {
  const { timing, missed: policy } = schedule
  const left = mostRuns(timing) - schedule.made
  const { count, last } = timesUntil(timing, schedule.next, now)
  const wanted = pick(last, policy, now).slice(0, Math.max(0, left))
  const isDone = left - wanted.length <= 0
  const next = isDone ? null : nextAfter(timing, schedule.next, now)
  return {
    runs: wanted,
    missed: count - wanted.length,
    next,
    ended: next === null ? whyEnded(timing, isDone) : null,
  }
}

/** How many runs a schedule may make at all. */
export function mostRuns(timing: ScheduleTiming): number {
  return timing.kind === 'every' || timing.kind === 'cron' ? (timing.max_executions ?? Infinity) : 1
}

/** The schedule's times from `from` to `now`: how many (cron: at least), and the last of them, oldest first. */
function timesUntil(timing: ScheduleTiming, from: Date, now: Date): { count: number; last: readonly Date[] } {
  if (from > now) return { count: 0, last: [] }
  if (timing.kind === 'cron') return cronTimesUntil(timing, from, now)
  if (timing.kind !== 'every') return { count: 1, last: [from] }
  const step = timing.interval_minutes * 60_000
  const count = Math.floor((now.getTime() - from.getTime()) / step) + 1
  const kept = Math.min(count, mostCaughtUp)
  return {
    count,
    last: Array.from({ length: kept }, (_, index) => new Date(from.getTime() + (count - kept + index) * step)),
  }
}

function cronTimesUntil(timing: ScheduleTiming & { kind: 'cron' }, from: Date, now: Date) {
  const times: Date[] = []
  for (let time: Date | null = from; time !== null && time <= now; time = followingRun(timing, time)) {
    times.push(time)
    if (times.length === mostCounted) break
  }
  // Each step costs a tenth of a millisecond, so a long absence is counted from its end.
  const last =
    times.length < mostCounted
      ? times.slice(-mostCaughtUp)
      : lastCronTimes(timing.cron, timing.time_zone, now, mostCaughtUp)
  return { count: times.length, last }
}

function pick(last: readonly Date[], policy: Schedule['missed'], now: Date): readonly Date[] {
  switch (policy) {
    case 'catch_up':
      return last
    case 'run_once':
      return last.slice(-1)
    case 'skip':
      return last.slice(-1).filter((time) => now.getTime() - time.getTime() <= graceMs)
    default:
      return unreachable(policy)
  }
}

function whyEnded(timing: ScheduleTiming, isDone: boolean): string {
  if (timing.kind === 'immediate' || timing.kind === 'at') return 'it has run'
  return isDone ? 'maxExecutions reached' : 'its cron expression never comes again'
}
