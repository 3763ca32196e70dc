import { Button } from '@mantine/core'
import { IconPlayerPlay, IconSearchOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { executionStatuses, type ScriptExecution } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { countStates } from '../../ui/count-states.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { StatusFilter } from '../../ui/StatusFilter.tsx'
import { executionTone } from '../../words/execution-status.ts'
import { CancelRuns } from './CancelRuns.tsx'
import { matchesRun } from './run-group.ts'
import { RunTable } from './RunTable.tsx'
import { StatusBar } from './StatusBar.tsx'

/** Every run of every script, newest first, live; of one script, schedule, machine or request where the address says so. */
export function RunsPage() {
  const [{ script, schedule, machine, asked }] = usePageSearch()
  const query = {
    ...(script !== undefined && { script_id: script }),
    ...(schedule !== undefined && { schedule_id: schedule }),
    ...(machine !== undefined && { machine_id: machine }),
  }
  const runs = useList('listScriptExecutions', query)
  const rows = runs.data?.filter(({ created_at }) => asked === undefined || created_at === asked)
  const isNarrowed = Object.keys(query).length > 0
  return (
    <>
      <PageHeader
        title="Runs"
        beside={rows && <span className="quiet numbers">{rows.length}</span>}
        actions={
          isNarrowed && (
            <>
              {asked !== undefined && rows && <CancelRuns rows={rows} />}
              <Button variant="default" renderRoot={(props) => <Link to="/runs" {...props} />}>
                Show all runs
              </Button>
            </>
          )
        }
      />
      {isNarrowed && rows && <Narrowed rows={rows} />}
      <QueryView query={{ ...runs, data: rows }} what="the runs">
        {(found) => (found.length === 0 ? <NoRuns /> : <RunList rows={found} />)}
      </QueryView>
    </>
  )
}

/** Which runs these are, when the address names some. */
function Narrowed({ rows }: { rows: readonly ScriptExecution[] }) {
  const [{ script, schedule, machine, asked }] = usePageSearch()
  const [first] = rows
  if (!first) return null
  return (
    <p className="quiet" style={{ margin: '-8px 0 14px', fontSize: '0.8125rem' }}>
      {script === undefined ? 'Runs' : `Runs of ${first.script_name}`}
      {machine !== undefined && ` on ${machine}`}
      {schedule !== undefined && ` that the schedule of ${first.script_name} made`}
      {asked !== undefined && (
        <>
          {' '}
          asked for together, by {first.created_by}, <RelativeTime at={asked} />
        </>
      )}
    </p>
  )
}

function NoRuns() {
  return (
    <EmptyState icon={IconPlayerPlay} title="Nothing has run yet">
      Choose a script, say on which machines and when. <Link to="/scripts">Go to the scripts</Link>
    </EmptyState>
  )
}

function RunList({ rows }: { rows: readonly ScriptExecution[] }) {
  const [{ q = '', status, asked }, change] = usePageSearch()
  const found = rows.filter((row) => matchesRun(row, { q, status, asked }))
  const states = countStates(
    executionStatuses,
    rows.map((row) => row.status),
  )
  return (
    <>
      {asked !== undefined && <StatusBar rows={rows} />}
      <FilterBar what="runs" search={q} onSearch={(text) => change({ q: text })}>
        <StatusFilter
          label="Status"
          states={states.map((each) => ({ ...each, tone: executionTone[each.state] }))}
          chosen={status}
          onChoose={(chosen) => change({ status: chosen })}
        />
      </FilterBar>
      <RunTable
        rows={found}
        empty={
          <EmptyState icon={IconSearchOff} title="No run is like that">
            <Button variant="default" onClick={() => change({ q: '', status: undefined })}>
              Show all of them
            </Button>
          </EmptyState>
        }
      />
    </>
  )
}
