import { IconCalendarRepeat } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Schedule } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { matchesWords } from '../../ui/matches-words.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { describeTargets, describeTiming } from './describe-timing.ts'
import { ScheduleActions } from './ScheduleActions.tsx'

/** Scripts that run later or again and again. */
export function SchedulesPage() {
  const schedules = useList('listSchedules', {}, { refetchOnMount: 'always' })
  return (
    <>
      <PageHeader
        title="Schedules"
        beside={schedules.data && <span className="quiet numbers">{schedules.data.length}</span>}
      />
      <QueryView query={schedules} what="the schedules">
        {(rows) => (rows.length === 0 ? <NoSchedules /> : <ScheduleList rows={rows} />)}
      </QueryView>
    </>
  )
}

function NoSchedules() {
  return (
    <EmptyState icon={IconCalendarRepeat} title="Nothing is scheduled">
      Run a script “once, at”, “every” so many minutes, or “by calendar”: it then stands here.{' '}
      <Link to="/scripts">Go to the scripts</Link>
    </EmptyState>
  )
}

function ScheduleList({ rows }: { rows: readonly Schedule[] }) {
  const [{ q = '' }, change] = usePageSearch()
  const found = rows.filter((row) =>
    matchesWords(q, [row.name, row.script_name, describeTargets(row), describeTiming(row)]),
  )
  return (
    <>
      <FilterBar what="schedules" search={q} onSearch={(text) => change({ q: text })} />
      <DataTable
        label="Schedules"
        rows={found}
        rowKey={({ id }) => id}
        columns={columns}
        card={(row) => <ScheduleCard schedule={row} />}
        empty={<EmptyState icon={IconCalendarRepeat} title="No schedule is like that" />}
      />
    </>
  )
}

const columns: readonly Column<Schedule>[] = [
  { key: 'name', title: 'Schedule', cell: (row) => <What schedule={row} /> },
  { key: 'when', title: 'When', width: '19%', cell: describeTiming },
  { key: 'where', title: 'On', width: '16%', cell: describeTargets },
  { key: 'next', title: 'Next run', width: '130px', cell: (row) => <Next schedule={row} /> },
  { key: 'last', title: 'Last run', width: '105px', cell: ({ last_run_at }) => <RelativeTime at={last_run_at} /> },
  { key: 'missed', title: 'Missed', width: '70px', align: 'right', cell: ({ missed_count }) => missed_count },
  { key: 'act', title: 'Change', width: '230px', align: 'right', cell: (row) => <ScheduleActions schedule={row} /> },
]

function What({ schedule: { id, name, script_id, script_name } }: { schedule: Schedule }) {
  return (
    <>
      <Link to="/runs" search={{ schedule: id }}>
        {name}
      </Link>{' '}
      <span className="quiet">
        runs{' '}
        <Link to="/scripts/$scriptId" params={{ scriptId: script_id }}>
          {script_name}
        </Link>
      </span>
    </>
  )
}

function Next({ schedule: { enabled, ended, next_run_at } }: { schedule: Schedule }) {
  if (ended !== null) return <span className="quiet">{ended}</span>
  if (!enabled) return <span className="quiet">paused</span>
  return <RelativeTime at={next_run_at} />
}

function ScheduleCard({ schedule }: { schedule: Schedule }) {
  return (
    <>
      <What schedule={schedule} />
      <div className="quiet">
        {describeTiming(schedule)} · {describeTargets(schedule)}
      </div>
      <div className="quiet">
        next <Next schedule={schedule} /> · missed {schedule.missed_count}
      </div>
      <ScheduleActions schedule={schedule} />
    </>
  )
}
