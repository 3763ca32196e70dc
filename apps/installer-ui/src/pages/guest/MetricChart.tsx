import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { chartData, chartHeight, chartOptions } from './chart-options.ts'
import classes from './GuestPage.module.css'
import { describeSeries, type MetricSeries } from './metric-series.ts'

interface MetricChartProps {
  readonly series: MetricSeries
  /** Seconds since the epoch: the chosen span, whether or not all of it was measured. */
  readonly from: number
  readonly to: number
}

/** One chart, drawn on a canvas; a sentence says the same. The pointer reads all charts of the page at one moment. */
export function MetricChart({ series, from, to }: MetricChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [index, setIndex] = useState<number | null>(null)
  const scheme = useComputedColorScheme('light')
  const latest = useRef({ series, from, to })
  const chart = useRef<UPlot | null>(null)
  useEffect(() => {
    latest.current = { series, from, to }
    chart.current?.setData(chartData(series))
  }, [series, from, to])
  useEffect(() => {
    const { current } = frame
    if (!current) return undefined
    const made = new UPlot(
      chartOptions(() => latest.current, { width: current.clientWidth, onPoint: setIndex }),
      chartData(latest.current.series),
      current,
    )
    const watch = new ResizeObserver(() => made.setSize({ width: current.clientWidth, height: chartHeight }))
    watch.observe(current)
    chart.current = made
    return () => {
      watch.disconnect()
      made.destroy()
      chart.current = null
    }
  }, [scheme]) // the colours are read anew when the scheme changes
  const time = index === null ? undefined : series.times[index]
  return (
    <div className={classes.chart}>
      <h3>
        <span>
          {series.title} {time !== undefined && <span className="quiet numbers">{moment.format(time * 1000)}</span>}
        </span>
        <span className={classes.legend}>
          {series.lines.map(({ name, values }) => (
            <span key={name} className="numbers">
              {name} {printAt(values, index, series.print)}
            </span>
          ))}
        </span>
      </h3>
      <div ref={frame} className={classes.canvas} role="img" aria-label={describeSeries(series)} />
    </div>
  )
}

const moment = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

/** The value under the pointer, else the newest one. */
function printAt(values: readonly (number | null)[], index: number | null, print: (value: number) => string): string {
  const value = index === null ? values.findLast((each) => each !== null) : values[index]
  return typeof value === 'number' ? print(value) : 'unknown'
}
