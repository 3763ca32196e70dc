import { Link } from '@tanstack/react-router'
import { useList } from '../../api/route-query.ts'
import { Dot } from '../../ui/Dot.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { executionTone } from '../../words/execution-status.ts'
import classes from './GuestPage.module.css'

const mostShown = 8

/** What ran on this machine last, and what waits. */
export function GuestRuns({ guestId }: { guestId: string }) {
  const runs = useList('listScriptExecutions', { machine_id: guestId })
  return (
    <Panel
      title="Runs"
      flush
      actions={
        <Link to="/runs" search={{ machine: guestId }} style={{ fontSize: '0.8125rem' }}>
          All runs
        </Link>
      }
    >
      <QueryView query={runs} what="the runs">
        {(rows) =>
          rows.length === 0 ? (
            <p className="quiet" style={{ margin: 14, fontSize: '0.8125rem' }}>
              Nothing has run here yet.
            </p>
          ) : (
            <table className={classes.plain}>
              <thead>
                <tr>
                  <th>Script</th>
                  <th>Status</th>
                  <th data-align="right">Asked for</th>
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, mostShown).map((run) => (
                  <tr key={run.id}>
                    <td>
                      <Link to="/runs/$runId" params={{ runId: run.id }}>
                        {run.script_name}
                      </Link>
                      {run.waiting !== null && <div className="quiet">{run.waiting}</div>}
                    </td>
                    <td>
                      <Dot tone={executionTone[run.status]}>{run.status}</Dot>
                    </td>
                    <td data-align="right">
                      <RelativeTime at={run.created_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </QueryView>
    </Panel>
  )
}
