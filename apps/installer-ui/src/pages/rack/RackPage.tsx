import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus, IconRadar2 } from '@tabler/icons-react'
import { machineStatuses, type Machine } from '@slipway/protocol'
import { lazy, Suspense, useState } from 'react'
import { useAct, useList } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { countStates } from '../../ui/count-states.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { StatusFilter } from '../../ui/StatusFilter.tsx'
import { machineTone } from '../../words/machine-status.ts'
import { matchesMachine } from './matches-machine.ts'
import { MachineTable } from './MachineTable.tsx'
import { NoMachines } from './NoMachines.tsx'
import { ViewSwitch } from './ViewSwitch.tsx'

/** Not part of the first load: few need it, and not at once. */
const AddMachineDialog = lazy(async () => ({ default: (await import('./AddMachineDialog.tsx')).AddMachineDialog }))

/** Home: all machines that are known, live. */
export function RackPage() {
  const machines = useList('listMachines')
  const [adding, setAdding] = useState(false)
  const asking = useAct('askDiscovery', {
    onSuccess: () =>
      notifications.show({ message: 'Asked on every interface. Machines that answer appear by themselves.' }),
  })
  const mayOperate = useMay('operate')
  return (
    <>
      <PageHeader
        title="Machines"
        beside={machines.data && <span className="quiet numbers">{machines.data.length}</span>}
        actions={
          mayOperate && (
            <>
              <Button
                variant="default"
                leftSection={<IconRadar2 size={15} aria-hidden />}
                loading={asking.isPending}
                onClick={() => asking.mutate({})}
              >
                Discover now
              </Button>
              <Button
                variant="default"
                leftSection={<IconPlus size={15} aria-hidden />}
                onClick={() => setAdding(true)}
              >
                Add machine
              </Button>
            </>
          )
        }
      />
      {asking.error && <FaultNote fault={asking.error} title="Discovery was not started" />}
      {adding && (
        <Suspense>
          <AddMachineDialog opened onClose={() => setAdding(false)} />
        </Suspense>
      )}
      <QueryView query={machines} what="the machines">
        {(rows) => (rows.length === 0 ? <NoMachines onAdd={() => setAdding(true)} /> : <Rack rows={rows} />)}
      </QueryView>
    </>
  )
}

function Rack({ rows }: { rows: readonly Machine[] }) {
  const [{ q = '', status, view }, change] = usePageSearch()
  const found = rows.filter((row) => matchesMachine(row, { q, status }))
  const states = countStates(
    machineStatuses,
    rows.map((row) => row.status),
  )
  return (
    <>
      <FilterBar what="machines" search={q} onSearch={(text) => change({ q: text })}>
        <StatusFilter
          label="Status"
          states={states.map((each) => ({ ...each, tone: machineTone[each.state] }))}
          chosen={status}
          onChoose={(chosen) => change({ status: chosen })}
        />
        <ViewSwitch view={view} onChange={(chosen) => change({ view: chosen })} />
      </FilterBar>
      <MachineTable rows={found} cards={view === 'cards'} onClear={() => change({ q: '', status: undefined })} />
    </>
  )
}
