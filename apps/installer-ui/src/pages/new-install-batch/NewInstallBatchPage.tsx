import { IconServerOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Machine } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { BatchTemplate } from './BatchTemplate.tsx'
import { MachinesPanel } from './MachinesPanel.tsx'
import { TakeOver } from './TakeOver.tsx'
import { useBatchWish } from './use-batch-wish.ts'

/** Many machines from one config: which, what each gets of its own, a check of all, and the start. */
export function NewInstallBatchPage() {
  const machines = useList('listMachines')
  const [{ again, machine }] = usePageSearch()
  return (
    <>
      <PageHeader title="New install batch" crumb={<Link to="/install-batches">Install batches</Link>} />
      <QueryView query={machines} what="the machines">
        {(rows) => {
          if (rows.length === 0) return <NoMachines />
          if (again !== undefined || machine !== undefined) return <TakeOver again={again} machine={machine} />
          return <NewBatch rows={rows} />
        }}
      </QueryView>
    </>
  )
}

function NoMachines() {
  return (
    <EmptyState icon={IconServerOff} title="No machines found yet">
      Boot machines from the live medium: they appear here by themselves.
    </EmptyState>
  )
}

function NewBatch({ rows }: { rows: readonly Machine[] }) {
  const [wish, setWish] = useBatchWish()
  const byId = new Map(rows.map((row) => [row.machine_id, row]))
  // A machine that was forgotten meanwhile is chosen no longer.
  const chosen = wish.machines.filter((id) => byId.has(id))
  const lines = chosen.flatMap((id, index) => {
    const machine = byId.get(id)
    return machine ? [{ machine, index }] : []
  })
  const [model] = chosen
  return (
    <>
      <MachinesPanel rows={rows} chosen={chosen} onChange={(ids) => setWish({ ...wish, machines: [...ids] })} />
      {model === undefined ? (
        <p className="quiet">Choose the machines first; the config is written for the first of them.</p>
      ) : (
        <BatchTemplate model={model} wish={wish} lines={lines} onChange={setWish} />
      )}
    </>
  )
}
