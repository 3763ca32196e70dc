import { Button } from '@mantine/core'
import { IconDownload, IconSearchOff } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { installationStates, type Installation } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { countStates } from '../../ui/count-states.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { matchesWords } from '../../ui/matches-words.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { StatusFilter } from '../../ui/StatusFilter.tsx'
import { installationTone } from '../../words/installation-state.ts'
import { Duration } from './Duration.tsx'
import { InstallationLink } from './InstallationLink.tsx'
import { Percent } from './Percent.tsx'

/** All installations, newest first, live. */
export function InstallationsPage() {
  const installations = useList('listInstallations')
  return (
    <>
      <PageHeader
        title="Installations"
        beside={installations.data && <span className="quiet numbers">{installations.data.length}</span>}
      />
      <QueryView query={installations} what="the installations">
        {(rows) => (rows.length === 0 ? <NoInstallations /> : <InstallationList rows={rows} />)}
      </QueryView>
    </>
  )
}

function NoInstallations() {
  return (
    <EmptyState icon={IconDownload} title="Nothing was installed yet">
      Choose a machine that is available, and install it. <Link to="/machines">Go to the machines</Link>
    </EmptyState>
  )
}

function InstallationList({ rows }: { rows: readonly Installation[] }) {
  const [{ q = '', status }, change] = usePageSearch()
  const navigate = useNavigate()
  const found = rows
    .filter((row) => status === undefined || row.status === status)
    .filter((row) => matchesWords(q, [row.machine_id, row.image.reference, row.installation_id, row.created_by]))
  const states = countStates(
    installationStates,
    rows.map((row) => row.status),
  )
  return (
    <>
      <FilterBar what="installations" search={q} onSearch={(text) => change({ q: text })}>
        <StatusFilter
          label="Status"
          states={states.map((each) => ({ ...each, tone: installationTone[each.state] }))}
          chosen={status}
          onChoose={(chosen) => change({ status: chosen })}
        />
      </FilterBar>
      <DataTable
        label="Installations"
        rows={found}
        rowKey={({ installation_id }) => installation_id}
        columns={columns}
        card={(row) => <InstallationCard installation={row} />}
        onOpen={({ installation_id: installationId }) =>
          void navigate({ to: '/installations/$installationId', params: { installationId } })
        }
        empty={
          <EmptyState icon={IconSearchOff} title="No installation is like that">
            <Button variant="default" onClick={() => change({ q: '', status: undefined })}>
              Show all installations
            </Button>
          </EmptyState>
        }
      />
    </>
  )
}

const columns: readonly Column<Installation>[] = [
  { key: 'machine', title: 'Machine', cell: (row) => <InstallationLink installation={row} /> },
  {
    key: 'status',
    title: 'Status',
    width: '130px',
    cell: ({ status }) => <Dot tone={installationTone[status]}>{status}</Dot>,
  },
  { key: 'progress', title: 'Progress', width: '150px', cell: (row) => <Percent installation={row} /> },
  { key: 'image', title: 'Image', width: '34%', cell: ({ image }) => <span className="mono">{image.reference}</span> },
  { key: 'took', title: 'Took', width: '110px', align: 'right', cell: (row) => <Duration installation={row} /> },
  {
    key: 'created',
    title: 'Asked for',
    width: '110px',
    align: 'right',
    cell: ({ created_at }) => <RelativeTime at={created_at} />,
  },
]

function InstallationCard({ installation }: { installation: Installation }) {
  const { status, image, created_at } = installation
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, marginBottom: 6 }}>
        <strong>
          <InstallationLink installation={installation} />
        </strong>
        <Dot tone={installationTone[status]}>{status}</Dot>
      </div>
      <Percent installation={installation} />
      <div className="quiet clip mono">{image.reference}</div>
      <div className="quiet">
        <RelativeTime at={created_at} />
      </div>
    </>
  )
}
