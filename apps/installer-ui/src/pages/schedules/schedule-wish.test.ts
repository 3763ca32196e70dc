import type { Schedule, ScriptInput } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { changesOf, wishOf } from './schedule-wish.ts'

const who: ScriptInput = { name: 'who', type: 'text', required: true }
const secret: ScriptInput = { name: 'secret', type: 'password', required: false }
const script = { name: 'Greet', inputs: [who] }
const schedule = {
  name: 'Nightly',
  input_values: { who: 'ann' },
  timing: { kind: 'every', interval_minutes: 60 },
  targets: { machine_ids: ['a'], tags: ['web'], query: 'rack-7' },
  missed: 'skip',
  on_failure: 'stop',
  run_as: 'deploy',
  jitter_seconds: 0,
  max_parallel: 4,
  canary: 1,
  stop_after_failures: null,
} as unknown as Schedule // nothing else is read

it.each<Schedule['timing']>([
  { kind: 'at', at: '2026-01-01T10:00:00.000Z' },
  { kind: 'every', interval_minutes: 5 },
  { kind: 'every', interval_minutes: 5, from: '2026-01-01T10:00:00.000Z', max_executions: 3 },
  { kind: 'cron', cron: '0 3 * * *', time_zone: 'Europe/Madrid' },
])('%j is the same after a form that nobody changed', (timing) => {
  const before = { ...schedule, timing }
  expect(changesOf(wishOf(before, script), before, script)).toEqual({
    name: 'Nightly',
    targets: schedule.targets,
    missed: 'skip',
    on_failure: 'stop',
    run_as: 'deploy',
    timeout_seconds: null,
    canary: 1,
    max_parallel: 4,
    stop_after_failures: null,
    jitter_seconds: 0,
    input_values: { who: 'ann' },
  })
})

it('sends a timing that was changed, and what was emptied', () => {
  const wish = { ...wishOf(schedule, script), minutes: 30, maxParallel: '' as const, runAs: '  ' }
  expect(changesOf(wish, schedule, script)).toMatchObject({
    timing: { kind: 'every', interval_minutes: 30 },
    max_parallel: null,
    run_as: null,
  })
})

it('leaves the inputs alone where one is a password, whose mask would be saved', () => {
  const inputs = [who, secret]
  expect(changesOf(wishOf(schedule, { ...script, inputs }), schedule, { ...script, inputs })).not.toHaveProperty(
    'input_values',
  )
})
