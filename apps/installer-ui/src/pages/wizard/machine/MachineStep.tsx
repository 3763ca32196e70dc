import { IconServerOff } from '@tabler/icons-react'
import type { Machine } from '@slipway/protocol'
import { useState } from 'react'
import { keptClaim } from '../../../api/kept-claims.ts'
import { useList } from '../../../api/route-query.ts'
import { Dot } from '../../../ui/Dot.tsx'
import { EmptyState } from '../../../ui/EmptyState.tsx'
import { FilterBar } from '../../../ui/FilterBar.tsx'
import { QueryView } from '../../../ui/QueryView.tsx'
import { machineTone } from '../../../words/machine-status.ts'
import { matchesMachine } from '../../rack/matches-machine.ts'
import { printHardware } from '../../rack/print-hardware.ts'
import { StepButtons } from '../StepButtons.tsx'
import { useWizard } from '../use-wizard.ts'
import classes from './MachineStep.module.css'
import { whyNotInstall } from '../../../words/why-not-install.ts'

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
  const found = rows
    .filter((row) => matchesMachine(row, { q, status: undefined }))
    .map((machine) => ({ machine, why: whyNotInstall(machine, keptClaim(machine.machine_id) !== undefined) }))
    .toSorted((a, b) => Number(a.why !== null) - Number(b.why !== null))
  return (
    <>
      <FilterBar what="machines" search={q} onSearch={setSearch} />
      <fieldset className={classes.list}>
        <legend>Machine to install</legend>
        {found.slice(0, mostShown).map(({ machine, why }) => (
          <MachineChoice key={machine.machine_id} machine={machine} why={why} />
        ))}
      </fieldset>
      {found.length > mostShown && (
        <p className="quiet">{found.length - mostShown} more: narrow the search to see them.</p>
      )}
      {found.length === 0 && <p className="quiet">No machine matches “{q}”.</p>}
    </>
  )
}

function MachineChoice({ machine, why }: { machine: Machine; why: string | null }) {
  const { machineId, go } = useWizard()
  const { machine_id, hostname, status, address } = machine
  return (
    <label className={classes.machine} data-off={why !== null || undefined}>
      <input
        type="radio"
        name="machine"
        value={machine_id}
        checked={machine_id === machineId}
        disabled={why !== null}
        onChange={() => go('machine', machine_id)}
      />
      <span className={classes.what}>
        <strong>{hostname ?? machine_id}</strong>{' '}
        <span className="quiet">{[address, printHardware(machine)].filter(Boolean).join(' · ')}</span>
        {why !== null && <span className={classes.why}>{why}</span>}
      </span>
      <Dot tone={machineTone[status]}>{status}</Dot>
    </label>
  )
}
