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
    timing,
    targets: schedule.targets,
    missed: 'skip',
    on_failure: 'stop',
    input_values: { who: 'ann' },
  })
})

it('leaves the inputs alone where one is a password, whose mask would be saved', () => {
  const inputs = [who, secret]
  expect(changesOf(wishOf(schedule, { ...script, inputs }), schedule, { inputs })).not.toHaveProperty('input_values')
})
