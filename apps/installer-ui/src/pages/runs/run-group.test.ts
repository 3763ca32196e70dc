import type { ScriptExecution } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { isTogether, matchesRun } from './run-group.ts'

const asked = '2026-01-01T00:00:00.000Z'
const run = {
  id: 'exec_1',
  script_id: 's1',
  script_name: 'Say hello',
  machine_id: 'vm-7',
  status: 'PENDING',
  waiting: 'machine offline since yesterday',
  error: null,
  created_by: 'ann',
  created_at: asked,
} as ScriptExecution // nothing else is read

it.each([
  ['', undefined, undefined, true],
  ['HELLO vm-7', 'PENDING', undefined, true],
  ['offline', undefined, asked, true],
  ['ann', 'FAILED', undefined, false],
  ['', undefined, '2026-01-01T00:00:01.000Z', false],
  ['ben', undefined, undefined, false],
])('%j in status %s asked for at %s: %s', (q, status, at, expected) => {
  expect(matchesRun(run, { q, status, asked: at })).toBe(expected)
})

it('takes runs of one script and one moment for one request', () => {
  expect(isTogether(run, { script_id: 's1', created_at: asked })).toBe(true)
  expect(isTogether(run, { script_id: 's2', created_at: asked })).toBe(false)
  expect(isTogether(run, { script_id: 's1', created_at: '2026-01-01T00:00:00.001Z' })).toBe(false)
})
