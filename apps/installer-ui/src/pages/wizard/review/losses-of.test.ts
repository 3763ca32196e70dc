import type { Plan } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { isConfirmed, lossesOf, type Loss } from './losses-of.ts'

const loss = (device: string, serial: string | null): Loss => ({ device, serial, bytes: 1, contents: 'ext4' })
const step = (...destroys: Loss[]) => ({ destroys }) as Plan['steps'][number] // nothing else of a step is read

it('names a disk once, whatever number of steps destroys it', () => {
  const steps = [step(loss('vda', 'A')), step(), step(loss('vda', 'A'), loss('vdb', null))]
  expect(lossesOf({ steps })).toEqual([loss('vda', 'A'), loss('vdb', null)])
})

it('takes two disks of one serial for two', () => {
  expect(lossesOf({ steps: [step(loss('vda', 'A'), loss('vdb', 'A'))] })).toHaveLength(2)
})

it.each([
  ['sim-0002', true],
  [' sim-0002 ', true],
  ['sim-0003', false],
  ['', false],
])('%j confirms: %s', (typed, expected) => {
  expect(isConfirmed(typed, 'sim-0002')).toBe(expected)
})
