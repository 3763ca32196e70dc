import type { TimelineStep } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { waterfall } from './waterfall.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

function step(id: string, from: number | null, to: number | null): TimelineStep {
  return {
    step_id: id,
    kind: 'wipe-disk',
    title: id,
    started_at: from === null ? null : at(from),
    ended_at: to === null ? null : at(to),
    outcome: to === null ? 'running' : 'done',
  }
}

it('lays steps over the time that all of them took, and leaves out those that did not begin', () => {
  const bars = waterfall([step('a', 0, 2), step('b', 2, null), step('c', null, null)], Date.parse(at(10)))
  expect(bars.map(({ id, from, width, seconds }) => [id, from, width, seconds])).toEqual([
    ['a', 0, 0.2, 2],
    ['b', 0.2, 0.8, 8],
  ])
})

it('sets the times of another installation beside those of the same steps', () => {
  const bars = waterfall([step('a', 0, 2), step('b', 2, 3)], 0, [step('a', 10, 15), step('x', 15, 16)])
  expect(bars.map(({ id, otherSeconds }) => [id, otherSeconds])).toEqual([
    ['a', 5],
    ['b', null],
  ])
})

it('is empty without steps', () => {
  expect(waterfall([], 0)).toEqual([])
})
