import type { MetricPoint } from './metric-series.ts'

/** A silence of so many usual distances between two points is one; less is a report that came late. */
const usualDistances = 3

/** Points with a null where an agent was silent, so that no line is drawn over what nobody measured. */
export function breakAtGaps(measured: readonly MetricPoint[]): {
  readonly times: number[]
  readonly points: (MetricPoint | null)[]
} {
  const at = measured.map((point) => Date.parse(point.at) / 1000)
  const usual = median(at.slice(1).map((time, index) => time - (at[index] ?? time)))
  const times: number[] = []
  const points: (MetricPoint | null)[] = []
  for (const [index, point] of measured.entries()) {
    const time = at[index] ?? 0
    const before = times.at(-1)
    if (before !== undefined && time - before > usual * usualDistances) {
      times.push(before + usual)
      points.push(null)
    }
    times.push(time)
    points.push(point)
  }
  return { times, points }
}

/** The lower middle one; 0 of none. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0
}
