import { expect, it } from 'vitest'
import { breakAtGaps } from './metric-gaps.ts'

const point = (minute: number) => ({
  at: new Date(minute * 60_000).toISOString(),
  cpu_percent: minute,
  memory_used_kb: 0,
  memory_total_kb: 0,
  disk_used_gb: 0,
  disk_total_gb: 0,
  network_receive_rate: null,
  network_send_rate: null,
})

it.each<[string, number[], (number | null)[]]>([
  ['nothing', [], []],
  ['one point', [5], [5]],
  ['points in a row', [1, 2, 3], [1, 2, 3]],
  ['a report that came late', [1, 2, 5, 6], [1, 2, 5, 6]],
  ['a silence', [1, 2, 3, 30, 31], [1, 2, 3, null, 30, 31]],
  ['points that are always far apart', [0, 60, 120, 180], [0, 60, 120, 180]],
])('%s', (_, minutes, expected) => {
  const { points, times } = breakAtGaps(minutes.map(point))
  expect(points.map((each) => each?.cpu_percent ?? null)).toEqual(expected)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})
