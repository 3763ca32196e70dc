import { executionStatuses, type ScriptExecution } from '@slipway/protocol'
import { countStates } from '../../ui/count-states.ts'
import { ShareBar } from '../../ui/ShareBar.tsx'
import { executionTone } from '../../words/execution-status.ts'

/** How runs stand at a glance; the counts beside it say the same in words. */
export function StatusBar({ rows }: { rows: readonly Pick<ScriptExecution, 'status'>[] }) {
  const counts = countStates(
    executionStatuses,
    rows.map(({ status }) => status),
  )
  return <ShareBar shares={counts.map((each) => ({ ...each, tone: executionTone[each.state] }))} />
}
