import type { Schedule } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { describeTargets, describeTiming } from './describe-timing.ts'

it.each<[Schedule['timing'], string]>([
  [{ kind: 'immediate' }, 'at once'],
  [{ kind: 'every', interval_minutes: 1 }, 'every minute'],
  [{ kind: 'every', interval_minutes: 60 }, 'every hour'],
  [{ kind: 'every', interval_minutes: 90 }, 'every 90 minutes'],
  [{ kind: 'every', interval_minutes: 2880, max_executions: 5 }, 'every 2 days, 5 times'],
  [{ kind: 'cron', cron: '0 3 * * *', time_zone: 'UTC' }, '0 3 * * * (UTC)'],
])('%j is said as %s', (timing, expected) => {
  expect(describeTiming({ timing })).toBe(expected)
})

it.each<[Schedule['targets'], string]>([
  [{}, 'no machines'],
  [{ machine_ids: ['a', 'b'] }, 'a, b'],
  [{ machine_ids: ['a', 'b', 'c', 'd'], tags: ['web', 'db'] }, '4 machines; tagged web or db'],
  [{ query: 'rack-7' }, 'matching “rack-7”'],
])('%j are %s', (targets, expected) => {
  expect(describeTargets({ targets })).toBe(expected)
})
