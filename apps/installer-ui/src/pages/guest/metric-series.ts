import type { z } from 'zod/mini'
import type { guestMetricsPointSchema } from '@slipway/protocol'
import { printBytes, printMemory } from '../../ui/format-bytes.ts'
import { breakAtGaps } from './metric-gaps.ts'

export type MetricPoint = z.infer<typeof guestMetricsPointSchema>

/** One chart: seconds since the epoch, and one or two lines over them; null where nothing is known. */
export interface MetricSeries {
  readonly title: string
  readonly times: readonly number[]
  readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
  /** The axis begins at 0 and ends here at least. */
  readonly top: number
  /** What divides the axis evenly to the eye: tens, or the powers of two in which memory is counted. */
  readonly base: 2 | 10
  readonly print: (value: number) => string
}

/** The four charts of a machine: CPU, memory, disk, network; broken where nothing was measured. */
export function metricSeries(measured: readonly MetricPoint[]): MetricSeries[] {
  return makeSeries(breakAtGaps(measured))
}

/** Its four series of points as they come. */
export function makeSeries({
  times,
  points,
}: {
  readonly times: readonly number[]
  readonly points: readonly (MetricPoint | null)[]
}): MetricSeries[] {
  const line = (name: string, value: (point: MetricPoint) => number | null) => ({
    name,
    values: points.map((point) => (point === null ? null : value(point))),
  })
  const highest = (value: (point: MetricPoint) => number) =>
    points.reduce((most, point) => (point === null ? most : Math.max(most, value(point))), 0)
  return [
    {
      title: 'CPU',
      times,
      top: 100,
      base: 10,
      print: (value) => `${Math.round(value)} %`,
      lines: [line('in use', ({ cpu_percent }) => cpu_percent)],
    },
    {
      title: 'Memory',
      times,
      top: highest(({ memory_total_kb }) => memory_total_kb * 1024),
      base: 2,
      print: printMemory,
      lines: [line('in use', ({ memory_used_kb }) => memory_used_kb * 1024)],
    },
    {
      title: 'Disks',
      times,
      top: highest(({ disk_total_gb }) => disk_total_gb * 1e9),
      base: 10,
      print: printBytes,
      lines: [line('in use', ({ disk_used_gb }) => disk_used_gb * 1e9)],
    },
    {
      title: 'Network',
      times,
      top: 1000,
      base: 10,
      print: (value) => `${printBytes(value)}/s`,
      lines: [
        line('received', ({ network_receive_rate }) => network_receive_rate),
        line('sent', ({ network_send_rate }) => network_send_rate),
      ],
    },
  ]
}

/** A chart in a sentence, for whoever does not see it. */
export function describeSeries({ title, lines, print }: MetricSeries): string {
  const parts = lines.map(({ name, values }) => {
    const known = values.filter((value) => value !== null)
    const last = known.at(-1)
    if (last === undefined) return `${name}: nothing known`
    return `${name}: now ${print(last)}, lowest ${print(Math.min(...known))}, highest ${print(Math.max(...known))}`
  })
  return `${title}, ${parts.join('; ')}`
}
