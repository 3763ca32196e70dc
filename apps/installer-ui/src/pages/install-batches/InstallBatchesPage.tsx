import { Button } from '@mantine/core'
import { IconPlus, IconSearchOff, IconStack2 } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import type { InstallBatch } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { matchesWords } from '../../ui/matches-words.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { BatchStates } from './BatchStates.tsx'

/** Every request that installed many machines from one config, newest first, live. */
export function InstallBatchesPage() {
  const batches = useList('listInstallBatches')
  const mayOperate = useMay('operate')
  return (
    <>
      <PageHeader
        title="Install batches"
        beside={batches.data && <span className="quiet numbers">{batches.data.length}</span>}
        actions={
          mayOperate && (
            <Button
              leftSection={<IconPlus size={15} aria-hidden />}
              renderRoot={(props) => <Link to="/install-batches/new" {...props} />}
            >
              New batch
            </Button>
          )
        }
      />
      <QueryView query={batches} what="the install batches">
        {(rows) => (rows.length === 0 ? <NoBatches mayStart={mayOperate} /> : <BatchList rows={rows} />)}
      </QueryView>
    </>
  )
}

function NoBatches({ mayStart }: { mayStart: boolean }) {
  return (
    <EmptyState icon={IconStack2} title="No batches yet">
      A batch installs many machines from one config, each with its own name and address.{' '}
      {mayStart && <Link to="/install-batches/new">Start the first one</Link>}
    </EmptyState>
  )
}

function BatchList({ rows }: { rows: readonly InstallBatch[] }) {
  const [{ q = '' }, change] = usePageSearch()
  const navigate = useNavigate()
  const found = rows.filter(({ name, id, created_by }) => matchesWords(q, [name, id, created_by]))
  return (
    <>
      <FilterBar what="batches" search={q} onSearch={(text) => change({ q: text })} />
      <DataTable
        label="Install batches"
        rows={found}
        rowKey={({ id }) => id}
        columns={columns}
        card={(row) => <BatchCard batch={row} />}
        onOpen={({ id: batchId }) => void navigate({ to: '/install-batches/$batchId', params: { batchId } })}
        empty={
          <EmptyState icon={IconSearchOff} title="No batch is like that">
            <Button variant="default" onClick={() => change({ q: '' })}>
              Show all batches
            </Button>
          </EmptyState>
        }
      />
    </>
  )
}

const columns: readonly Column<InstallBatch>[] = [
  { key: 'name', title: 'Name', width: '28%', cell: (row) => <BatchLink batch={row} /> },
  {
    key: 'machines',
    title: 'Machines',
    width: '90px',
    align: 'right',
    cell: ({ machines_total }) => <span className="numbers">{machines_total}</span>,
  },
  { key: 'states', title: 'Status', cell: (row) => <BatchStates batch={row} /> },
  { key: 'by', title: 'Asked for by', width: '130px', cell: ({ created_by }) => created_by },
  {
    key: 'created',
    title: 'Asked for',
    width: '110px',
    align: 'right',
    cell: ({ created_at }) => <RelativeTime at={created_at} />,
  },
]

function BatchLink({ batch: { id, name } }: { batch: InstallBatch }) {
  return (
    <Link to="/install-batches/$batchId" params={{ batchId: id }}>
      {name}
    </Link>
  )
}

function BatchCard({ batch }: { batch: InstallBatch }) {
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, marginBottom: 6 }}>
        <strong>
          <BatchLink batch={batch} />
        </strong>
        <span className="quiet numbers">{batch.machines_total} machines</span>
      </div>
      <BatchStates batch={batch} />
      <div className="quiet">
        {batch.created_by} · <RelativeTime at={batch.created_at} />
      </div>
    </>
  )
}
