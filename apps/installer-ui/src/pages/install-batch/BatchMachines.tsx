import { Button } from '@mantine/core'
import { IconSearchOff } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { WholeInstallBatch } from '@slipway/protocol'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { matchesWords } from '../../ui/matches-words.ts'
import { StatusFilter } from '../../ui/StatusFilter.tsx'
import { installationTone } from '../../words/installation-state.ts'
import { batchShares } from '../install-batches/batch-shares.ts'
import { Duration } from '../installations/Duration.tsx'
import { InstallationLink } from '../installations/InstallationLink.tsx'
import { Percent } from '../installations/Percent.tsx'

type BatchMachine = WholeInstallBatch['machines'][number]

/** The machines of a batch, each with its own values, how far it is, and what went wrong. */
export function BatchMachines({ batch }: { batch: WholeInstallBatch }) {
  const [{ q = '', status }, change] = usePageSearch()
  const navigate = useNavigate()
  const found = batch.machines
    .filter(({ installation }) => status === undefined || installation.status === status)
    .filter(({ machine_id, values }) => matchesWords(q, [machine_id, ...Object.values(values)]))
  return (
    <>
      <FilterBar what="machines" search={q} onSearch={(text) => change({ q: text })}>
        <StatusFilter
          label="Status"
          states={batchShares(batch)}
          chosen={status}
          onChoose={(chosen) => change({ status: chosen })}
        />
      </FilterBar>
      <DataTable
        label="Machines of the batch"
        rows={found}
        rowKey={({ machine_id }) => machine_id}
        columns={columns}
        card={(row) => <MachineCard row={row} />}
        onOpen={({ installation: { installation_id: installationId } }) =>
          void navigate({ to: '/installations/$installationId', params: { installationId } })
        }
        empty={
          <EmptyState icon={IconSearchOff} title="No machine is like that">
            <Button variant="default" onClick={() => change({ q: '', status: undefined })}>
              Show all of them
            </Button>
          </EmptyState>
        }
      />
    </>
  )
}

const columns: readonly Column<BatchMachine>[] = [
  {
    key: 'machine',
    title: 'Machine',
    width: '18%',
    cell: (row) => <InstallationLink installation={row.installation} />,
  },
  { key: 'values', title: 'Gets', width: '24%', cell: (row) => <Values row={row} /> },
  { key: 'status', title: 'Status', width: '120px', cell: (row) => <Status row={row} /> },
  { key: 'progress', title: 'Progress', width: '150px', cell: (row) => <Percent installation={row.installation} /> },
  { key: 'says', title: 'Says', cell: (row) => <Says row={row} /> },
  {
    key: 'took',
    title: 'Took',
    width: '90px',
    align: 'right',
    cell: ({ installation }) => <Duration installation={installation} />,
  },
]

/** What a machine is known by stands first. */
const hostname = '/sysconfig/hostname'

function Values({ row: { values } }: { row: BatchMachine }) {
  const { [hostname]: name, ...others } = values
  const shown = [...(name === undefined ? [] : [name]), ...Object.values(others)]
  return <span className="mono clip">{shown.join(', ')}</span>
}

function Status({ row: { installation } }: { row: BatchMachine }) {
  return <Dot tone={installationTone[installation.status]}>{installation.status}</Dot>
}

function Says({ row: { installation } }: { row: BatchMachine }) {
  const { error, step } = installation.progress
  return <span className="quiet clip">{error?.message ?? step ?? ''}</span>
}

function MachineCard({ row }: { row: BatchMachine }) {
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, marginBottom: 6 }}>
        <strong>
          <InstallationLink installation={row.installation} />
        </strong>
        <Status row={row} />
      </div>
      <Percent installation={row.installation} />
      <div className="clip">
        <Values row={row} />
      </div>
      <div className="clip">
        <Says row={row} />
      </div>
    </>
  )
}
