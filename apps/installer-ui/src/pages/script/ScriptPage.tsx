import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import type { Script } from '@slipway/protocol'
import { useState } from 'react'
import { useAct, useRoute } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { printScript } from './print-script.ts'
import { RunDialog } from './RunDialog.tsx'
import { ScriptEditor } from './ScriptEditor.tsx'
import { ScriptRuns } from './ScriptRuns.tsx'

/** One script: its file, and its runs. */
export function ScriptPage() {
  const { scriptId } = useParams({ from: '/shell/scripts/$scriptId' })
  const script = useRoute('getScript', { params: { id: scriptId } })
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
              <RemoveButton script={script.data} />
              <Button onClick={() => setRunning(true)}>Run…</Button>
            </>
          )
        }
      />
      <QueryView query={script} what="the script">
        {(row) => (
          <>
            <RunDialog script={row} opened={running && mayOperate} onClose={() => setRunning(false)} on={on} />
            <Editing key={row.id} script={row} />
            <ScriptRuns scriptId={row.id} />
          </>
        )}
      </QueryView>
    </>
  )
}

/** Keeps what is typed when somebody else saves meanwhile, and says so. */
function Editing({ script }: { script: Script }) {
  const [base, setBase] = useState(script)
  const [source, setSource] = useState(() => printScript(script))
  const queries = useQueryClient()
  const mayOperate = useMay('operate')
  const isChanged = source !== printScript(base)
  const saving = useAct('changeScript', {
    async onSuccess(saved) {
      setBase(saved)
      setSource(printScript(saved))
      await queries.invalidateQueries({ predicate: ({ queryKey }) => /Scripts?$/u.test(String(queryKey[0])) })
    },
  })
  const take = () => {
    setBase(script)
    setSource(printScript(script))
  }
  return (
    <>
      {script.revision > base.revision && (
        <Notice
          tone="warn"
          icon={IconAlertTriangle}
          title={`Somebody saved revision ${script.revision} meanwhile`}
          actions={
            <Button variant="default" onClick={take}>
              Take theirs
            </Button>
          }
        >
          Saving yours puts it on top of theirs.
        </Notice>
      )}
      {saving.error && <FaultNote fault={saving.error} title="The script was not saved" />}
      <ScriptEditor source={source} onChange={setSource} readOnly={!mayOperate} />
      {mayOperate && isChanged && (
        <div style={{ display: 'flex', gap: 8, marginBottom: 16 }}>
          <Button
            loading={saving.isPending}
            onClick={() => saving.mutate({ params: { id: script.id }, body: { source } })}
          >
            Save
          </Button>
          <Button variant="default" onClick={take}>
            Discard
          </Button>
        </div>
      )}
    </>
  )
}

function RemoveButton({ script }: { script: Script }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const removing = useAct('removeScript', {
    async onSuccess() {
      await navigate({ to: '/scripts' })
      await queries.invalidateQueries({ queryKey: ['listScripts'] })
    },
  })
  if (!asked)
    return (
      <Button variant="default" onClick={() => setAsked(true)}>
        Delete
      </Button>
    )
  return (
    <>
      {removing.error && <FaultNote fault={removing.error} title="The script was not deleted" />}
      <Button color="red" loading={removing.isPending} onClick={() => removing.mutate({ params: { id: script.id } })}>
        Delete for good
      </Button>
      <Button variant="default" onClick={() => setAsked(false)}>
        Keep
      </Button>
    </>
  )
}
