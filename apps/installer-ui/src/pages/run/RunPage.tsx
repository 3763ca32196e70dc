import { Button } from '@mantine/core'
import { IconAlertTriangle, IconHourglass } from '@tabler/icons-react'
import { Link, useParams } from '@tanstack/react-router'
import type { ScriptExecution } from '@slipway/protocol'
import { useAct, useRoute } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { Dot } from '../../ui/Dot.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { printSpan } from '../../ui/format-time.ts'
import { Notice } from '../../ui/Notice.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime, useNow } from '../../ui/RelativeTime.tsx'
import { executionTone, hasEnded } from '../../words/execution-status.ts'
import { OutputPanel } from './OutputPanel.tsx'
import { TogetherPanel } from './TogetherPanel.tsx'

/** One run on one machine: what it says, and how it ends. */
export function RunPage() {
  const { runId } = useParams({ from: '/shell/runs/$runId' })
  const run = useRoute('getScriptExecution', { params: { id: runId } })
  const { data } = run
  return (
    <>
      <PageHeader
        title={data ? `${data.script_name} on ${data.machine_id}` : 'Run'}
        crumb={<Link to="/runs">Runs</Link>}
        beside={data && <Dot tone={executionTone[data.status]}>{data.status}</Dot>}
        actions={data && <RunActions run={data} />}
      />
      <QueryView query={run} what="the run">
        {(row) => (
          <>
            {row.waiting !== null && (
              <Notice tone="warn" icon={IconHourglass} title="It waits">
                {row.waiting}
              </Notice>
            )}
            {row.error !== null && (
              <Notice tone="bad" icon={IconAlertTriangle} title={row.error}>
                {row.exit_code === null ? null : `It ended with exit code ${row.exit_code}.`}
              </Notice>
            )}
            <TogetherPanel run={row} />
            <OutputPanel key={`${row.id} ${row.attempt}`} run={row} />
            <RunFacts run={row} />
          </>
        )}
      </QueryView>
    </>
  )
}

function RunActions({ run }: { run: ScriptExecution }) {
  const cancelling = useAct('cancelScriptExecution')
  const mayOperate = useMay('operate')
  if (!mayOperate) return null
  return (
    <>
      {cancelling.error && <FaultNote fault={cancelling.error} title="It was not cancelled" />}
      {!hasEnded(run.status) && (
        <Button
          variant="default"
          loading={cancelling.isPending}
          onClick={() => cancelling.mutate({ params: { id: run.id } })}
        >
          Cancel
        </Button>
      )}
      <Button
        renderRoot={(props) => (
          <Link
            to="/scripts/$scriptId"
            params={{ scriptId: run.script_id }}
            search={{ on: run.machine_id }}
            {...props}
          />
        )}
      >
        Run again…
      </Button>
    </>
  )
}

function RunFacts({ run }: { run: ScriptExecution }) {
  const { started_at, completed_at, scheduled_for, schedule_id, exit_code, executed_as, attempt, max_attempts } = run
  return (
    <Panel title="About this run">
      <Facts
        facts={[
          [
            'Machine',
            <Link key="guest" to="/guests/$guestId" params={{ guestId: run.machine_id }}>
              {run.machine_id}
            </Link>,
          ],
          ['Exit code', exit_code],
          ['Took', <Took key="took" run={run} />],
          ['Started', started_at && <RelativeTime key="started" at={started_at} />],
          ['Ended', completed_at && <RelativeTime key="ended" at={completed_at} />],
          ['Scheduled for', scheduled_for && <RelativeTime key="for" at={scheduled_for} />],
          ['Ran as', executed_as],
          ['Attempt', max_attempts > 1 ? `${attempt} of ${max_attempts}` : null],
          ['Inputs', Object.keys(run.input_values).length > 0 ? <Inputs key="inputs" run={run} /> : null],
          [
            'Schedule',
            schedule_id && (
              <Link key="schedule" to="/runs" search={{ schedule: schedule_id }}>
                its other runs
              </Link>
            ),
          ],
          ['Asked for', <AskedFor key="asked" run={run} />],
          ['Late result', run.late_result && JSON.stringify(run.late_result)],
        ]}
      />
    </Panel>
  )
}

/** The span from start to end; until now while it runs. */
function Took({ run: { started_at, completed_at } }: { run: ScriptExecution }) {
  const now = useNow()
  if (started_at === null) return <span className="quiet">not started</span>
  const end = completed_at === null ? now : Date.parse(completed_at)
  return (
    <span className="numbers">
      {printSpan((end - Date.parse(started_at)) / 1000)}
      {completed_at === null && ' so far'}
    </span>
  )
}

function AskedFor({ run: { created_at, created_by } }: { run: ScriptExecution }) {
  return (
    <>
      by {created_by}, <RelativeTime at={created_at} />
    </>
  )
}

function Inputs({ run }: { run: ScriptExecution }) {
  return Object.entries(run.input_values).map(([name, value]) => (
    <div key={name}>
      {name} = <span className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</span>
    </div>
  ))
}
