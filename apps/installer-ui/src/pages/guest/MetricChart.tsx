import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import UPlot, { type AlignedData, type Options } from 'uplot'
import 'uplot/dist/uPlot.min.css'
import classes from './GuestPage.module.css'
import { describeSeries, type MetricSeries } from './metric-series.ts'

const height = 165

/** One chart, drawn on a canvas; a sentence says the same. */
export function MetricChart({ series }: { series: MetricSeries }) {
  const frame = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    const { current } = frame
    if (!current) return undefined
    const data = [series.times, ...series.lines.map(({ values }) => values)] as AlignedData // uPlot's type wants tuples
    const chart = new UPlot(optionsFor(series, current.clientWidth), data, current)
    const watch = new ResizeObserver(() => chart.setSize({ width: current.clientWidth, height }))
    watch.observe(current)
    return () => {
      watch.disconnect()
      chart.destroy()
    }
  }, [series, scheme]) // the colours are read anew when the scheme changes
  return (
    <div className={classes.chart}>
      <h3>
        {series.title}
        <span className={classes.legend}>
          {series.lines.map(({ name, values }) => (
            <span key={name} className="numbers">
              {name} {printLast(values, series.print)}
            </span>
          ))}
        </span>
      </h3>
      <div ref={frame} role="img" aria-label={describeSeries(series)} />
    </div>
  )
}

function printLast(values: readonly (number | null)[], print: (value: number) => string): string {
  const last = values.findLast((value) => value !== null)
  return typeof last === 'number' ? print(last) : 'unknown'
}

const day = 86_400
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' })
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Times of day over up to two days, dates beyond. */
function printTimes(times: readonly number[]): string[] {
  const spans = (times.at(-1) ?? 0) - (times[0] ?? 0)
  return times.map((time) => (spans > 2 * day ? date : clock).format(time * 1000))
}

function optionsFor(series: MetricSeries, width: number): Options {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string) => style.getPropertyValue(name).trim()
  const [good, busy, quiet, line] = ['--good', '--busy', '--text-quiet', '--line'].map(token)
  const axis = {
    stroke: quiet ?? 'grey',
    font: '11px Inter Variable, sans-serif',
    grid: { stroke: line ?? 'grey', width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_chart, _lowest, highest) => [0, Math.max(series.top, highest ?? 0)] } },
    axes: [
      { ...axis, values: (_chart, times) => printTimes(times) },
      { ...axis, size: 62, values: (_chart, values) => values.map(series.print) },
    ],
    series: [
      {},
      ...series.lines.map(({ name }, index) => ({
        label: name,
        stroke: (index === 0 ? good : busy) ?? 'grey',
        width: 1.5,
        points: { show: false },
      })),
    ],
  }
}
