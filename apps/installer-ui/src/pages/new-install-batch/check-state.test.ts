import type { BatchMachineCheck, Finding } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { machineLosses, problemsOf, refusalsOf } from './check-state.ts'

const loss = (device: string) => ({ device, serial: null, bytes: 1, contents: 'ext4' })
const finding = (severity: Finding['severity'], message: string) =>
  ({ severity, message, cure: 'Mend it.' }) as unknown as Finding // only what is read
const result = (changes: Partial<BatchMachineCheck>): BatchMachineCheck => ({
  machine_id: 'a',
  valid: false,
  findings: [],
  error: null,
  plan_sha256: null,
  destroys: [],
  ...changes,
})

it('names the machines that lose data, each disk once', () => {
  const results = [
    result({ machine_id: 'blank' }),
    result({ machine_id: 'full', destroys: [loss('vda'), loss('vda'), loss('vdb')] }),
  ]
  expect(machineLosses(results)).toMatchObject([{ machineId: 'full', losses: [{ device: 'vda' }, { device: 'vdb' }] }])
})

it('tells errors with their cures, and what else is against a machine', () => {
  const findings = [finding('warning', 'Odd.'), finding('error', 'Wrong.')]
  expect(problemsOf(result({ findings }))).toEqual(['Wrong. Mend it.'])
  expect(problemsOf(result({ error: { code: 'machine-claimed', message: 'it is claimed' } }))).toEqual([
    'it is claimed',
  ])
})

it.each([
  [
    { machines: [{ machine_id: 'a', message: 'is claimed' }, { machine_id: 1, message: 'x' }, null] },
    [['a', 'is claimed']],
  ],
  [{ machines: 'none' }, []],
  [{}, []],
])('%j refuses %j', (details, expected) => {
  expect([...refusalsOf(details)]).toEqual(expected)
})
