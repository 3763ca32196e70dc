import type { Guest } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { withLatest } from './latest-point.ts'

const latest = {
  at: '2026-01-01T00:05:30.000Z',
  data: {
    system: {
      cpu: { usage_percent: 40, cores_usage: [] },
      memory: { used_kb: 10, total_kb: 20 },
      disk: {
        usage_stats: [
          { used_gb: 1, total_gb: 5 },
          { used_gb: 2, total_gb: 6 },
        ],
      },
    },
  },
} as unknown as Guest['metrics'] // nothing else is read
const point = {
  at: '2026-01-01T00:05:00.000Z',
  cpu_percent: 1,
  memory_used_kb: 1,
  memory_total_kb: 20,
  disk_used_gb: 1,
  disk_total_gb: 11,
  network_receive_rate: 7,
  network_send_rate: 7,
}

it('puts the newest report behind the history', () => {
  expect(withLatest([point], latest)).toEqual([
    point,
    {
      at: '2026-01-01T00:05:30.000Z',
      cpu_percent: 40,
      memory_used_kb: 10,
      memory_total_kb: 20,
      disk_used_gb: 3,
      disk_total_gb: 11,
      network_receive_rate: null,
      network_send_rate: null,
    },
  ])
  expect(withLatest([], latest)).toHaveLength(1)
})

it('leaves a history alone that is as new, or has no report beside it', () => {
  const later = { ...point, at: '2026-01-01T00:06:00.000Z' }
  expect(withLatest([later], latest)).toEqual([later])
  expect(withLatest([point], null)).toEqual([point])
})
