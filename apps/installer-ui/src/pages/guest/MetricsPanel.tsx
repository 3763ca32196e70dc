import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useRoute } from '../../api/route-query.ts'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import classes from './GuestPage.module.css'
import { MetricChart } from './MetricChart.tsx'
import { metricSeries } from './metric-series.ts'

const spans = [
  { value: '3600', label: '1 h' },
  { value: '86400', label: '24 h' },
  { value: '604800', label: '7 d' },
  { value: '2592000', label: '30 d' },
]

/** What the agent measures, over a span of time. */
export function MetricsPanel({ guestId }: { guestId: string }) {
  const [seconds, setSeconds] = useState('3600')
  const metrics = useRoute('getGuestMetrics', { params: { id: guestId }, query: { seconds: Number(seconds) } })
  return (
    <Panel
      title="Metrics"
      actions={<SegmentedControl size="xs" aria-label="Time span" data={spans} value={seconds} onChange={setSeconds} />}
    >
      <QueryView query={metrics} what="the metrics">
        {({ points }) =>
          points.length === 0 ? (
            <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem', minHeight: 190 }}>
              Nothing was measured in this time. The agent reports every half minute while it is connected.
            </p>
          ) : (
            <div className={classes.charts}>
              {metricSeries(points).map((series) => (
                <MetricChart key={series.title} series={series} />
              ))}
            </div>
          )
        }
      </QueryView>
    </Panel>
  )
}
