import { Link, useParams } from '@tanstack/react-router'
import { useRoute } from '../../api/route-query.ts'
import { Dot } from '../../ui/Dot.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { machineTone } from '../../words/machine-status.ts'
import { ClaimPanel } from './ClaimPanel.tsx'
import { ConflictNotice } from './ConflictNotice.tsx'
import { HistoryPanel } from './HistoryPanel.tsx'
import classes from './MachinePage.module.css'
import { KeptConfigs } from './KeptConfigs.tsx'
import { InstallButton } from './InstallButton.tsx'
import { InventoryPanels } from './InventoryPanels.tsx'

/** One machine: its state, who holds it, and its hardware. */
export function MachinePage() {
  const { machineId } = useParams({ from: '/shell/machines/$machineId' })
  const machine = useRoute('getMachine', { params: { machine_id: machineId } })
  return (
    <>
      <PageHeader
        title={machine.data?.hostname ?? machineId}
        crumb={<Link to="/machines">Machines</Link>}
        beside={machine.data && <Dot tone={machineTone[machine.data.status]}>{machine.data.status}</Dot>}
        actions={machine.data && <InstallButton machine={machine.data} />}
      />
      <QueryView query={machine} what="the machine">
        {(row) => (
          <>
            {row.conflict !== null && <ConflictNotice why={row.conflict} />}
            <div className={classes.columns}>
              <InventoryPanels machine={row} />
              <div>
                <ClaimPanel machine={row} />
                <KeptConfigs machineId={row.machine_id} />
                <HistoryPanel machineId={row.machine_id} />
              </div>
            </div>
          </>
        )}
      </QueryView>
    </>
  )
}
