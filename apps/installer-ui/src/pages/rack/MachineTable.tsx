import { IconServerOff } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import type { Machine } from '@slipway/protocol'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { machineTone } from '../../words/machine-status.ts'

/** The rack as rows. */
export function MachineTable({ rows }: { rows: readonly Machine[] }) {
  const navigate = useNavigate()
  return (
    <DataTable
      label="Machines"
      rows={rows}
      rowKey={({ machine_id }) => machine_id}
      columns={columns}
      card={(machine) => <MachineCard machine={machine} />}
      onOpen={({ machine_id }) => void navigate({ to: '/machines/$machineId', params: { machineId: machine_id } })}
      empty={
        <EmptyState icon={IconServerOff} title="No machines yet">
          Machines that answer discovery appear here by themselves.
        </EmptyState>
      }
    />
  )
}

const columns: readonly Column<Machine>[] = [
  { key: 'machine', title: 'Machine', cell: (row) => <MachineLink machine={row} /> },
  { key: 'status', title: 'Status', cell: (row) => <MachineDot machine={row} />, width: '132px' },
  { key: 'address', title: 'Address', cell: ({ address }) => <span className="mono">{address ?? '–'}</span> },
  { key: 'claim', title: 'Claimed by', cell: ({ claim }) => claim?.holder ?? <span className="quiet">nobody</span> },
  { key: 'specs', title: 'Hardware', cell: (row) => hardware(row) },
  {
    key: 'seen',
    title: 'Last seen',
    cell: (row) => <RelativeTime at={row.last_seen} />,
    width: '110px',
    align: 'right',
  },
]

function MachineLink({ machine }: { machine: Machine }) {
  return (
    <Link to="/machines/$machineId" params={{ machineId: machine.machine_id }}>
      {machine.hostname ?? machine.machine_id}
    </Link>
  )
}

function MachineDot({ machine }: { machine: Machine }) {
  return <Dot tone={machineTone[machine.status]}>{machine.status}</Dot>
}

function MachineCard({ machine }: { machine: Machine }) {
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8 }}>
        <MachineLink machine={machine} />
        <MachineDot machine={machine} />
      </div>
      <div className="quiet clip">{hardware(machine)}</div>
      <div className="quiet">
        <span className="mono">{machine.address ?? 'no address'}</span> · <RelativeTime at={machine.last_seen} />
      </div>
    </>
  )
}

/** Cores, memory and disks at a glance. */
function hardware({ specs }: Machine): string {
  return specs === null ? '–' : `${specs.cpu_cores} cores · ${specs.memory_gb} GiB · ${specs.storage_gb} GB`
}
