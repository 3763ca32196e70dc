import { Link } from '@tanstack/react-router'
import { Panel } from '../../ui/Panel.tsx'
import { EventHistory } from '../activity/EventHistory.tsx'

/** What happened to one machine. */
export function HistoryPanel({ machineId }: { machineId: string }) {
  return (
    <Panel
      title="History"
      actions={
        <Link to="/activity" search={{ machine: machineId }}>
          Search it
        </Link>
      }
    >
      <EventHistory query={{ machine_id: machineId }} pageSize={10} />
    </Panel>
  )
}
