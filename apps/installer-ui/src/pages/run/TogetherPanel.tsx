import { executionStatuses, type ScriptExecution } from '@slipway/protocol'
import { Link } from '@tanstack/react-router'
import { useRoute } from '../../api/route-query.ts'
import { countStates } from '../../ui/count-states.ts'
import { Dot } from '../../ui/Dot.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { executionTone } from '../../words/execution-status.ts'
import { isTogether } from '../runs/run-group.ts'
import { StatusBar } from '../runs/StatusBar.tsx'
import classes from './TogetherPanel.module.css'

/** One page of runs: a request for more machines than that is counted on its own page. */
const limit = 500
const mostShown = 24

/** The runs on other machines that were asked for together with this one, by how they stand. */
export function TogetherPanel({ run }: { run: ScriptExecution }) {
  const runs = useRoute('listScriptExecutions', { query: { script_id: run.script_id, limit } })
  const rows = (runs.data?.items ?? []).filter((other) => isTogether(run, other))
  if (rows.length < 2) return null
  const counts = countStates(
    executionStatuses,
    rows.map(({ status }) => status),
  )
  const search = { script: run.script_id, asked: run.created_at }
  return (
    <Panel
      title={`Asked for together: ${rows.length} machines`}
      actions={
        <Link to="/runs" search={search} style={{ fontSize: '0.8125rem' }}>
          All of them
        </Link>
      }
    >
      <StatusBar rows={rows} />
      <div className={classes.counts}>
        {counts.map(({ state, count }) => (
          <Link key={state} to="/runs" search={{ ...search, status: state }}>
            <Dot tone={executionTone[state]}>
              {state} {count}
            </Dot>
          </Link>
        ))}
      </div>
      <ul className={classes.machines}>
        {rows
          .toSorted((a, b) => urgency(a) - urgency(b) || a.machine_id.localeCompare(b.machine_id))
          .slice(0, mostShown)
          .map(({ id, machine_id, status }) => (
            <li key={id}>
              <Dot tone={executionTone[status]}>
                {id === run.id ? (
                  <strong>{machine_id}</strong>
                ) : (
                  <Link to="/runs/$runId" params={{ runId: id }} aria-label={`${machine_id}: ${status}`}>
                    {machine_id}
                  </Link>
                )}
              </Dot>
            </li>
          ))}
        {rows.length > mostShown && <li className="quiet">and {rows.length - mostShown} more</li>}
      </ul>
    </Panel>
  )
}

/** What needs a look comes first. */
function urgency({ status }: ScriptExecution): number {
  return ['FAILED', 'TIMEOUT', 'RUNNING', 'PENDING', 'CANCELLED', 'SUCCESS'].indexOf(status)
}
