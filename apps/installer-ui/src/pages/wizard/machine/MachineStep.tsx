import { IconServerOff } from '@tabler/icons-react'
import type { Machine } from '@slipway/protocol'
import { useState } from 'react'
import { useList } from '../../../api/route-query.ts'
import { EmptyState } from '../../../ui/EmptyState.tsx'
import { FilterBar } from '../../../ui/FilterBar.tsx'
import { QueryView } from '../../../ui/QueryView.tsx'
import { MachineOption, MachineOptions } from '../../rack/MachineOption.tsx'
import { machinesToInstall } from '../../rack/machines-to-install.ts'
import { StepButtons } from '../StepButtons.tsx'
import { useWizard } from '../use-wizard.ts'

/** Most machines that are listed; beyond it the search narrows down. */
const mostShown = 50

/** Which machine: those that can be installed first, the others with why not. */
export function MachineStep() {
  const machines = useList('listMachines')
  const { machineId } = useWizard()
  return (
    <div style={{ maxWidth: '44rem' }}>
      <QueryView query={machines} what="the machines">
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState icon={IconServerOff} title="No machines found yet">
              Boot a machine from the live medium: it appears here by itself.
            </EmptyState>
          ) : (
            <Choice rows={rows} />
          )
        }
      </QueryView>
      <StepButtons mayGoOn={machineId !== undefined} />
    </div>
  )
}

function Choice({ rows }: { rows: readonly Machine[] }) {
  const [q, setSearch] = useState('')
  const { machineId, go } = useWizard()
  const found = machinesToInstall(rows, q)
  return (
    <>
      <FilterBar what="machines" search={q} onSearch={setSearch} />
      <MachineOptions label="Machine to install">
        {found.slice(0, mostShown).map(({ machine, why }) => (
          <MachineOption
            key={machine.machine_id}
            type="radio"
            machine={machine}
            why={why}
            checked={machine.machine_id === machineId}
            onChange={() => go('machine', machine.machine_id)}
          />
        ))}
      </MachineOptions>
      {found.length > mostShown && (
        <p className="quiet">{found.length - mostShown} more: narrow the search to see them.</p>
      )}
      {found.length === 0 && <p className="quiet">No machine matches “{q}”.</p>}
    </>
  )
}
