import { Button, SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { CallOutput } from '@slipway/client'
import type { Guest } from '@slipway/protocol'
import { useMemo } from 'react'
import { routeQuery } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import classes from './GuestPage.module.css'
import { withLatest } from './latest-point.ts'
import { MetricChart } from './MetricChart.tsx'
import { MetricTable } from './MetricTable.tsx'
import { metricSeries } from './metric-series.ts'

const spans = [
  { value: '3600', label: '1 h' },
  { value: '86400', label: '24 h' },
  { value: '604800', label: '7 d' },
  { value: '2592000', label: '30 d' },
]

/** What the agent measures, over a span of time; drawn, or as a table. Both choices stand in the address. */
export function MetricsPanel({ guest }: { guest: Guest }) {
  const [{ span, metrics: face }, change] = usePageSearch()
  const seconds = spans.find(({ value }) => value === span)?.value ?? '3600'
  const input = { params: { id: guest.machine_id }, query: { seconds: Number(seconds) } }
  // What was drawn stays until the other span is there: the page does not jump.
  const metrics = useQuery({ ...routeQuery('getGuestMetrics', input), placeholderData: keepPreviousData })
  const isTable = face === 'table'
  const to = metrics.dataUpdatedAt / 1000
  return (
    <Panel
      title="Metrics"
      actions={
        <>
          <Button
            variant="default"
            aria-pressed={isTable}
            onClick={() => change({ metrics: isTable ? undefined : 'table' })}
          >
            Table
          </Button>
          <SegmentedControl
            size="xs"
            aria-label="Time span"
            data={spans}
            value={seconds}
            onChange={(value) => change({ span: value })}
          />
        </>
      }
    >
      <div className={guest.metrics === null ? undefined : classes.metrics} aria-busy={metrics.isPlaceholderData}>
        <QueryView query={metrics} what="the metrics">
          {(history) => <Measured history={history} isTable={isTable} from={to - Number(seconds)} to={to} />}
        </QueryView>
      </div>
    </Panel>
  )
}

function NothingMeasured() {
  return (
    <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem' }}>
      Nothing was measured in this time. The agent reports every half minute while it is connected.
    </p>
  )
}

interface MeasuredProps {
  readonly history: CallOutput<'getGuestMetrics'>
  readonly isTable: boolean
  readonly from: number
  readonly to: number
}

function Measured({ history, isTable, from, to }: MeasuredProps) {
  const points = useMemo(() => {
    const isRecent = history.latest !== null && Date.parse(history.latest.at) / 1000 >= from
    return withLatest(history.points, isRecent ? history.latest : null)
  }, [history, from])
  const all = useMemo(() => metricSeries(points), [points])
  if (points.length === 0) return <NothingMeasured />
  if (isTable) return <MetricTable points={points} />
  return (
    <div className={classes.charts}>
      {all.map((series) => (
        <MetricChart key={series.title} series={series} from={from} to={to} />
      ))}
    </div>
  )
}
