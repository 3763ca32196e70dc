import { useList } from '../../api/route-query.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { MachineTable } from './MachineTable.tsx'

/** Home: all machines that are known. */
export function RackPage() {
  const machines = useList('listMachines')
  return (
    <>
      <PageHeader title="Machines" beside={machines.data && <span className="quiet">{machines.data.length}</span>} />
      <QueryView query={machines} what="the machines">
        {(rows) => <MachineTable rows={rows} />}
      </QueryView>
    </>
  )
}
