import { useList } from '../../api/route-query.ts'
import { QueryView } from '../../ui/QueryView.tsx'
import { RunTable } from '../runs/RunTable.tsx'

const mostShown = 20

/** What this script did last. */
export function ScriptRuns({ scriptId }: { scriptId: string }) {
  const runs = useList('listScriptExecutions', { script_id: scriptId })
  return (
    <section aria-label="Runs">
      <h2 style={{ margin: '20px 0 10px', fontSize: '0.8125rem', fontWeight: 600 }}>Runs</h2>
      <QueryView query={runs} what="the runs">
        {(rows) => (
          <RunTable
            rows={rows.slice(0, mostShown)}
            empty={
              <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem' }}>
                It has not run yet.
              </p>
            }
          />
        )}
      </QueryView>
    </section>
  )
}
