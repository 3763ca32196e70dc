import { describe, expect, it } from 'vitest'
import { effectsOf, isAffected } from './event-effects.ts'

/** Keys of queries that are on some screen. */
const queries = [
  ['listMachines', { query: {} }],
  ['getMachine', { params: { machine_id: 'a' } }],
  ['getMachine', { params: { machine_id: 'b' } }],
  ['getInstallation', { params: { id: 'in_1' } }],
  ['getTimeline', { params: { id: 'in_1' } }],
  ['listGuests', { query: {} }],
  ['getScriptExecution', { params: { id: 'run_1' } }],
  ['settings', {}],
] as const

function stale(type: string, data: Record<string, unknown>): string[] {
  const effects = effectsOf({ type, data })
  return queries
    .filter((key) => effects.some((effect) => isAffected(key, effect)))
    .map(([route, input]) => `${route} ${Object.values('params' in input ? input.params : {}).join()}`.trim())
}

describe('an event makes stale what it changed, and nothing else', () => {
  it.each([
    ['machines.claimed', { machine_id: 'a' }, ['listMachines', 'getMachine a']],
    ['machines.discovered', { machine_id: 'c' }, ['listMachines']],
    ['installation.progress', { installation_id: 'in_1', machine_id: 'a' }, ['getInstallation in_1']],
    [
      'installation.completed',
      { installation_id: 'in_1' },
      ['listMachines', 'getInstallation in_1', 'getTimeline in_1'],
    ],
    ['guests.connected', { machine_id: 'b' }, ['listMachines', 'getMachine b', 'listGuests']],
    ['guests.metrics', { machine_id: 'b' }, []],
    ['scripts.started', { execution_id: 'run_1' }, ['getScriptExecution run_1']],
    ['scripts.output', { execution_id: 'run_1' }, []],
    ['unheard.of', {}, []],
  ])('%s %j', (type, data, expected) => {
    expect(stale(type, data)).toEqual(expected)
  })
})
