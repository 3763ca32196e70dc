import { Button } from '@mantine/core'
import { IconSearchOff } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { machineAddress, machineStatuses, type Machine } from '@slipway/protocol'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { parseSort, printSort } from '../../ui/sort-text.ts'
import { machineTone } from '../../words/machine-status.ts'
import { ClaimCell } from './ClaimCell.tsx'
import { MachineCard } from './MachineCard.tsx'
import { printHardware } from './print-hardware.ts'

interface MachineTableProps {
  readonly rows: readonly Machine[]
  readonly cards: boolean
  onClear(): void
}

/** The rack as rows or as cards. */
export function MachineTable({ rows, cards, onClear }: MachineTableProps) {
  const navigate = useNavigate()
  const [{ sort }, change] = usePageSearch()
  return (
    <DataTable
      label="Machines"
      rows={rows}
      rowKey={({ machine_id }) => machine_id}
      columns={columns}
      card={(machine) => <MachineCard machine={machine} />}
      cards={cards}
      sort={parseSort(sort)}
      onSort={(chosen) => change({ sort: printSort(chosen) })}
      onOpen={({ machine_id }) => void navigate({ to: '/machines/$machineId', params: { machineId: machine_id } })}
      empty={
        <EmptyState icon={IconSearchOff} title="No machine is like that">
          <Button variant="default" onClick={onClear}>
            Show all machines
          </Button>
        </EmptyState>
      }
    />
  )
}

const columns: readonly Column<Machine>[] = [
  {
    key: 'machine',
    title: 'Machine',
    sort: ({ hostname, machine_id }) => hostname ?? machine_id,
    cell: ({ hostname, machine_id }) => (
      <Link to="/machines/$machineId" params={{ machineId: machine_id }}>
        {hostname ?? machine_id}
      </Link>
    ),
  },
  {
    key: 'status',
    title: 'Status',
    width: '124px',
    sort: ({ status }) => machineStatuses.indexOf(status),
    cell: ({ status }) => <Dot tone={machineTone[status]}>{status}</Dot>,
  },
  {
    key: 'address',
    title: 'Address',
    width: '15%',
    sort: (machine) => machineAddress(machine) ?? '',
    cell: (machine) => <span className="mono">{machineAddress(machine) ?? '–'}</span>,
  },
  {
    key: 'claim',
    title: 'Claimed by',
    width: '18%',
    sort: ({ claim }) => claim?.holder ?? '',
    cell: ({ claim }) => <ClaimCell claim={claim} />,
  },
  {
    key: 'hardware',
    title: 'Hardware',
    width: '22%',
    sort: ({ specs }) => specs?.cpu_cores ?? 0,
    cell: printHardware,
  },
  {
    key: 'seen',
    title: 'Last seen',
    width: '112px',
    align: 'right',
    sort: ({ last_seen }) => last_seen ?? '',
    cell: ({ last_seen }) => <RelativeTime at={last_seen} />,
  },
]
