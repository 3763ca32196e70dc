import type { AlignedData, Options } from 'uplot'
import type { MetricSeries } from './metric-series.ts'

export const chartHeight = 158
const day = 86_400
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' })
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Steps of an axis that counts in powers of two, from a byte to a pebibyte. */
const binarySteps = Array.from({ length: 51 }, (_, power) => 2 ** power)
/** 1, 2, 2.5 and 5 of every power of ten that a disk or a wire has. */
const decimalSteps = Array.from({ length: 17 }, (_, power) => [1, 2, 2.5, 5].map((step) => step * 10 ** power)).flat()

export function chartData(series: MetricSeries): AlignedData {
  return [series.times, ...series.lines.map(({ values }) => values)] as AlignedData // uPlot's type wants tuples
}

/** What a chart draws now; read at each drawing, so that new data need no new chart. */
interface Drawn {
  readonly series: MetricSeries
  readonly from: number
  readonly to: number
}

interface Frame {
  readonly width: number
  /** The point under the pointer; null when it left. */
  onPoint(index: number | null): void
}

/** In the colours of the theme as it is now. */
export function chartOptions(drawn: () => Drawn, { width, onPoint }: Frame): Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (token: string) => style.getPropertyValue(token).trim()
  const axis = {
    stroke: colour('--text-quiet'),
    font: '11px Inter Variable, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const { series } = drawn()
  return {
    width,
    height: chartHeight,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 6 },
      sync: { key: 'guest', setSeries: false },
    },
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? null)] },
    scales: {
      x: { range: () => [drawn().from, drawn().to] },
      y: { range: (_chart, _lowest, highest) => [0, Math.max(drawn().series.top, highest ?? 0)] },
    },
    axes: [
      { ...axis, size: 26, gap: 6, values: (_chart, times) => printTimes(times) },
      {
        ...axis,
        size: 66,
        space: 34,
        incrs: series.base === 2 ? binarySteps : decimalSteps,
        values: (_chart, values) => values.map(series.print),
      },
    ],
    series: [
      {},
      ...series.lines.map(({ name }, index) => ({
        label: name,
        stroke: colour(index === 0 ? '--good' : '--busy'),
        width: 1.5,
      })),
    ],
  }
}

/** Times of day over up to two days, dates beyond. */
function printTimes(times: readonly number[]): string[] {
  const spans = (times.at(-1) ?? 0) - (times[0] ?? 0)
  return times.map((time) => (spans > 2 * day ? date : clock).format(time * 1000))
}
