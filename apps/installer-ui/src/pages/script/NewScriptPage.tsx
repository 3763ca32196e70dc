import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { newScript } from './print-script.ts'
import { ScriptEditor } from './ScriptEditor.tsx'
import { UnsavedGuard } from './UnsavedGuard.tsx'

/** A script that is being written. */
export function NewScriptPage() {
  const [source, setSource] = useState(newScript)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const mayOperate = useMay('operate')
  const adding = useAct('addScript', {
    async onSuccess({ id: scriptId }) {
      await queries.invalidateQueries({ queryKey: ['listScripts'] })
      await navigate({ to: '/scripts/$scriptId', params: { scriptId }, ignoreBlocker: true })
    },
  })
  return (
    <>
      <PageHeader
        title="New script"
        crumb={<Link to="/scripts">Scripts</Link>}
        actions={
          mayOperate && (
            <Button loading={adding.isPending} onClick={() => adding.mutate({ body: { source } })}>
              Save
            </Button>
          )
        }
      />
      <UnsavedGuard isDirty={() => source !== newScript} />
      {adding.error && <FaultNote fault={adding.error} title="The script was not saved" />}
      <ScriptEditor source={source} onChange={setSource} readOnly={false} />
    </>
  )
}
