import type { Schedule } from '@slipway/protocol'
import { exactTime } from '../../ui/format-time.ts'

/** When a schedule runs, in words. */
export function describeTiming({ timing }: Pick<Schedule, 'timing'>): string {
  switch (timing.kind) {
    case 'immediate':
      return 'at once'
    case 'at':
      return `once, ${exactTime(timing.at)}`
    case 'every':
      return `every ${describeMinutes(timing.interval_minutes)}${times(timing.max_executions)}`
    case 'cron':
      return `${timing.cron} (${timing.time_zone})${times(timing.max_executions)}`
  }
}

function describeMinutes(minutes: number): string {
  if (minutes % 1440 === 0) return minutes === 1440 ? 'day' : `${minutes / 1440} days`
  if (minutes % 60 === 0) return minutes === 60 ? 'hour' : `${minutes / 60} hours`
  return minutes === 1 ? 'minute' : `${minutes} minutes`
}

function times(most: number | undefined): string {
  return most === undefined ? '' : `, ${most} times`
}

/** On which machines, in words. */
export function describeTargets({ targets }: Pick<Schedule, 'targets'>): string {
  const { machine_ids = [], tags = [], query } = targets
  const machines = machine_ids.length > 3 ? `${machine_ids.length} machines` : machine_ids.join(', ')
  const parts = [
    machines,
    tags.length > 0 && `tagged ${tags.join(' or ')}`,
    query !== undefined && `matching “${query}”`,
  ]
  return parts.filter(Boolean).join('; ') || 'no machines'
}
