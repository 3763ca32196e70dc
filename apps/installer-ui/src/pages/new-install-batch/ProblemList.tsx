import { IconAlertTriangle } from '@tabler/icons-react'
import type { BatchMachineCheck } from '@slipway/protocol'
import { Notice } from '../../ui/Notice.tsx'
import { problemsOf } from './check-state.ts'

/** The same mistake on 500 machines is told often enough. */
const mostShown = 20

/** What stands against which machine. */
export function ProblemList({ machines }: { machines: readonly BatchMachineCheck[] }) {
  const bad = machines.filter(({ valid }) => !valid)
  return (
    <Notice
      tone="bad"
      icon={IconAlertTriangle}
      title={bad.length === 1 ? 'One machine cannot be installed' : `${bad.length} machines cannot be installed`}
    >
      <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
        {bad.slice(0, mostShown).map((machine) => (
          <li key={machine.machine_id}>
            <strong>{machine.machine_id}</strong>: {problemsOf(machine).join(' ')}
          </li>
        ))}
      </ul>
      {bad.length > mostShown && <p className="quiet">and {bad.length - mostShown} more</p>}
    </Notice>
  )
}
