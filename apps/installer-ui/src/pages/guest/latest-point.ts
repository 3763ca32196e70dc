import type { Guest } from '@slipway/protocol'
import type { MetricPoint } from './metric-series.ts'

/**
 * A history's points are means over a minute and more, so the newest report is not among them yet: it goes behind them. Rates
 * are told by two reports; of one they are unknown.
 */
export function withLatest(points: readonly MetricPoint[], latest: Guest['metrics']): readonly MetricPoint[] {
  if (latest === null || Date.parse(latest.at) <= Date.parse(points.at(-1)?.at ?? '1970-01-01')) return points
  const { cpu, memory, disk } = latest.data.system
  const sum = (key: 'used_gb' | 'total_gb') => disk.usage_stats.reduce((all, each) => all + each[key], 0)
  const point = {
    at: latest.at,
    cpu_percent: cpu.usage_percent,
    memory_used_kb: memory.used_kb,
    memory_total_kb: memory.total_kb,
    disk_used_gb: sum('used_gb'),
    disk_total_gb: sum('total_gb'),
    network_receive_rate: null,
    network_send_rate: null,
  }
  return [...points, point]
}
