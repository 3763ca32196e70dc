import { expect, it } from 'vitest'
import { describeSeries, metricSeries } from './metric-series.ts'

const point = (minute: number, cpu: number, rate: number | null) => ({
  at: `2026-01-01T00:0${minute}:00.000Z`,
  cpu_percent: cpu,
  memory_used_kb: 1024,
  memory_total_kb: 2048,
  disk_used_gb: 5,
  disk_total_gb: 10,
  network_receive_rate: rate,
  network_send_rate: null,
})

it('makes four charts over the same times', () => {
  const series = metricSeries([point(0, 10, null), point(1, 30, 2000)])
  expect(series.map(({ title, top }) => [title, top])).toEqual([
    ['CPU', 100],
    ['Memory', 2 * 1024 * 1024],
    ['Disks', 10e9],
    ['Network', 1000],
  ])
  expect(series[0]?.times).toEqual([1767225600, 1767225660])
})

it.each([
  [0, 'CPU, in use: now 30 %, lowest 10 %, highest 30 %'],
  [3, 'Network, received: now 2 kB/s, lowest 2 kB/s, highest 2 kB/s; sent: nothing known'],
])('describes chart %i', (index, expected) => {
  const series = metricSeries([point(0, 10, null), point(1, 30, 2000)])[index]
  expect(series && describeSeries(series)).toBe(expected)
})
