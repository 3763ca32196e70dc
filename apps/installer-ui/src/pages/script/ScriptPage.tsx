import { Button } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useRoute } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RemoveScript } from './RemoveScript.tsx'
import { RunDialog } from './RunDialog.tsx'
import { ScriptRuns } from './ScriptRuns.tsx'
import { SavedScript } from './SavedScript.tsx'

/** One script: its file, and its runs. */
export function ScriptPage() {
  const { scriptId } = useParams({ from: '/shell/scripts/$scriptId' })
  const script = useRoute('getScript', { params: { id: scriptId } }, { refetchOnMount: 'always' })
  const [{ on }] = usePageSearch()
  const [running, setRunning] = useState(on !== undefined)
  const mayOperate = useMay('operate')
  return (
    <>
      <PageHeader
        title={script.data?.name ?? 'Script'}
        crumb={<Link to="/scripts">Scripts</Link>}
        beside={script.data && <span className="quiet">revision {script.data.revision}</span>}
        actions={
          script.data &&
          mayOperate && (
            <>
              <RemoveScript script={script.data} />
              <Button onClick={() => setRunning(true)}>Run…</Button>
            </>
          )
        }
      />
      <QueryView query={script} what="the script">
        {(row) => (
          <>
            <RunDialog script={row} opened={running && mayOperate} onClose={() => setRunning(false)} on={on} />
            <SavedScript key={row.id} script={row} />
            <ScriptRuns scriptId={row.id} />
          </>
        )}
      </QueryView>
    </>
  )
}
