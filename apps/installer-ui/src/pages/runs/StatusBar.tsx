import { executionStatuses, type ScriptExecution } from '@slipway/protocol'
import { countStates } from '../../ui/count-states.ts'
import { executionTone } from '../../words/execution-status.ts'
import classes from './StatusBar.module.css'

/** How runs stand at a glance; the counts beside it say the same in words. */
export function StatusBar({ rows }: { rows: readonly Pick<ScriptExecution, 'status'>[] }) {
  const counts = countStates(
    executionStatuses,
    rows.map(({ status }) => status),
  )
  return (
    <div className={classes.bar} aria-hidden>
      {counts.map(({ state, count }) => (
        <span key={state} data-tone={executionTone[state]} style={{ flexGrow: count }} />
      ))}
    </div>
  )
}
