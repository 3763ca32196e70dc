import type { Guest, Script } from '@slipway/protocol'
import { expect, it } from 'vitest'
import {
  enteredValues,
  executionsOf,
  firstWish,
  scheduleOf,
  targetsOf,
  whyNotSent,
  wrongSystem,
  type RunWish,
} from './run-wish.ts'

const script: Script = {
  id: 's1',
  revision: 1,
  sha256: '',
  created_at: '',
  updated_at: '',
  name: 'Greet',
  tags: [],
  os: ['linux'],
  shell: 'sh',
  inputs: [
    { name: 'who', type: 'text', required: true },
    { name: 'loud', type: 'boolean', required: false },
    { name: 'times', type: 'number', required: false, default: 2 },
    { name: 'rooms', type: 'multiselect', required: false, options: ['a', 'b'] },
  ],
  script: 'echo',
  execution: { timeout: 3600, retry_on_failure: false, max_retries: 0 },
}
const guest = (machine_id: string, ...tags: string[]) => ({ machine_id, tags }) as unknown as Guest // nothing else is read
const guests = [guest('a', 'web'), guest('b', 'web', 'db'), guest('c')]
const first = firstWish(script, ['a'])
const wish = (changes: Partial<RunWish>): RunWish => ({ ...first, ...changes })

it('begins with the defaults, and leaves out what was not entered', () => {
  expect(first.values).toEqual({ who: '', loud: false, times: 2, rooms: [] })
  expect(enteredValues(first)).toEqual({ loud: false, times: 2, rooms: [] })
})

it('finds machines by name and by tag, each once', () => {
  expect(targetsOf(wish({ tags: ['web'] }), guests)).toEqual(['a', 'b'])
  expect(targetsOf(wish({ machines: ['c'], tags: ['db'] }), guests)).toEqual(['c', 'b'])
})

it.each<[Partial<RunWish>, RegExp | null]>([
  [{}, null],
  [{ machines: [] }, /at least one machine/],
  [{ machines: [], tags: ['none'] }, /at least one machine/],
  [{ kind: 'at' }, /when/],
  [{ kind: 'at', at: '2026-01-01T10:00' }, null],
  [{ kind: 'cron', name: ' ' }, /name/],
])('%j may be sent unless %s', (changes, expected) => {
  const why = whyNotSent(wish(changes), guests)
  if (expected === null) expect(why).toBeNull()
  else expect(why).toMatch(expected)
})

it.each<[Partial<RunWish>, object]>([
  [
    { kind: 'every', minutes: 5 },
    { kind: 'every', interval_minutes: 5 },
  ],
  [
    { kind: 'every', minutes: 5, at: '2026-01-01T10:00:00Z', mostRuns: 3 },
    { kind: 'every', interval_minutes: 5, from: '2026-01-01T10:00:00.000Z', max_executions: 3 },
  ],
  [
    { kind: 'cron', cron: ' 0 4 * * 1 ', timeZone: 'Europe/Madrid' },
    { kind: 'cron', cron: '0 4 * * 1', time_zone: 'Europe/Madrid' },
  ],
  [
    { kind: 'at', at: '2026-01-01T10:00:00Z' },
    { kind: 'at', at: '2026-01-01T10:00:00.000Z' },
  ],
])('%j becomes the timing %j', (changes, timing) => {
  expect(scheduleOf(script, wish(changes))).toMatchObject({ name: 'Greet', timing, targets: { machine_ids: ['a'] } })
})

it('sends of what is rarer only what was entered', () => {
  expect(executionsOf(script, wish({ runAs: ' backup ' }), ['a'])).toEqual({
    script_id: 's1',
    machine_ids: ['a'],
    input_values: { loud: false, times: 2, rooms: [] },
    run_as: 'backup',
  })
  const schedule = scheduleOf(script, wish({ kind: 'every', maxParallel: 5, missed: 'skip', onFailure: 'stop' }))
  expect(schedule).toMatchObject({ max_parallel: 5, missed: 'skip', on_failure: 'stop' })
  expect(schedule).not.toHaveProperty('jitter_seconds')
})

it('tells on which of the chosen machines it would wait for ever', () => {
  const on = (machine_id: string, platform: Guest['platform']) => ({ machine_id, platform }) as Guest // nothing else is read
  const park = [on('a', 'linux'), on('b', 'windows'), on('c', null), on('d', 'windows')]
  expect(wrongSystem(script, ['a', 'b', 'c'], park)).toEqual(['b'])
})
