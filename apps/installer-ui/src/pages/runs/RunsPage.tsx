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
import { StatusFilter } from '../../ui/StatusFilter.tsx'
import { executionTone } from '../../words/execution-status.ts'
import { RunTable } from './RunTable.tsx'

/** Every run of every script, newest first, live; of one script or schedule where the address says so. */
export function RunsPage() {
  const [{ script, schedule }] = usePageSearch()
  const query = {
    ...(script !== undefined && { script_id: script }),
    ...(schedule !== undefined && { schedule_id: schedule }),
  }
  const runs = useList('listScriptExecutions', query)
  const isNarrowed = script !== undefined || schedule !== undefined
  return (
    <>
      <PageHeader
        title="Runs"
        beside={runs.data && <span className="quiet numbers">{runs.data.length}</span>}
        actions={
          isNarrowed && (
            <Button variant="default" renderRoot={(props) => <Link to="/runs" {...props} />}>
              Show the runs of all scripts
            </Button>
          )
        }
      />
      <QueryView query={runs} what="the runs">
        {(rows) => (rows.length === 0 ? <NoRuns /> : <RunList rows={rows} />)}
      </QueryView>
    </>
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
  const [{ q = '', status }, change] = usePageSearch()
  const words = q.toLowerCase().split(/\s+/u)
  const found = rows
    .filter((row) => status === undefined || row.status === status)
    .filter(({ script_name, machine_id, id, created_by, error, waiting }) => {
      const text = [script_name, machine_id, id, created_by, error, waiting].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
  const states = countStates(
    executionStatuses,
    rows.map((row) => row.status),
  )
  return (
    <>
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
