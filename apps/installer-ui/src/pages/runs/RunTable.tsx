import { Link, useNavigate } from '@tanstack/react-router'
import type { ScriptExecution } from '@slipway/protocol'
import type { ReactNode } from 'react'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { executionTone } from '../../words/execution-status.ts'
import { lastLine } from './last-line.ts'

/** Runs with what they say: why they wait, what they wrote last, how they ended. */
export function RunTable({ rows, empty }: { rows: readonly ScriptExecution[]; empty: ReactNode }) {
  const navigate = useNavigate()
  return (
    <DataTable
      label="Runs"
      rows={rows}
      rowKey={({ id }) => id}
      columns={columns}
      card={(row) => <RunCard run={row} />}
      onOpen={({ id: runId }) => void navigate({ to: '/runs/$runId', params: { runId } })}
      empty={empty}
    />
  )
}

const columns: readonly Column<ScriptExecution>[] = [
  { key: 'script', title: 'Script', width: '20%', cell: (row) => <RunLink run={row} /> },
  { key: 'machine', title: 'Machine', width: '18%', cell: ({ machine_id }) => machine_id },
  { key: 'status', title: 'Status', width: '120px', cell: (row) => <Status run={row} /> },
  { key: 'says', title: 'Says', cell: (row) => <Says run={row} /> },
  {
    key: 'exit',
    title: 'Exit code',
    width: '80px',
    align: 'right',
    cell: ({ exit_code }) => <span className="numbers">{exit_code ?? '–'}</span>,
  },
  {
    key: 'created',
    title: 'Asked for',
    width: '110px',
    align: 'right',
    cell: ({ created_at }) => <RelativeTime at={created_at} />,
  },
]

function RunLink({ run }: { run: ScriptExecution }) {
  return (
    <Link to="/runs/$runId" params={{ runId: run.id }}>
      {run.script_name}
    </Link>
  )
}

function Status({ run }: { run: ScriptExecution }) {
  return <Dot tone={executionTone[run.status]}>{run.status}</Dot>
}

function Says({ run }: { run: ScriptExecution }) {
  const text = run.waiting ?? run.error
  if (text !== null) return <span className="quiet">{text}</span>
  return <span className="mono clip">{lastLine(run.stdout) || lastLine(run.stderr)}</span>
}

function RunCard({ run }: { run: ScriptExecution }) {
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, marginBottom: 4 }}>
        <strong>
          <RunLink run={run} />
        </strong>
        <Status run={run} />
      </div>
      <div className="quiet">
        {run.machine_id} · <RelativeTime at={run.created_at} />
      </div>
      <div className="clip">
        <Says run={run} />
      </div>
    </>
  )
}
