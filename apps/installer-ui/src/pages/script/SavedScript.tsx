import { Button } from '@mantine/core'
import type { Script } from '@slipway/protocol'
import { useState } from 'react'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { printScript } from './print-script.ts'
import { ScriptEditor } from './ScriptEditor.tsx'
import { TheirVersion } from './TheirVersion.tsx'
import { UnsavedGuard } from './UnsavedGuard.tsx'
import { useSaveScript } from './use-save-script.ts'

/** The text of a script that was saved before. What is typed stays when somebody else saves meanwhile. */
export function SavedScript({ script }: { script: Script }) {
  const [base, setBase] = useState(script)
  const [source, setSource] = useState(() => printScript(script))
  const mayOperate = useMay('operate')
  const take = (version: Script) => {
    setBase(version)
    setSource(printScript(version))
  }
  const saving = useSaveScript(take)
  const isChanged = source !== printScript(base)
  const isBehind = script.revision > base.revision
  if (isBehind && !isChanged) take(script) // nothing of one's own is lost
  return (
    <>
      <UnsavedGuard isDirty={() => isChanged} />
      {isBehind && isChanged && (
        <TheirVersion theirs={script} mine={source} onTake={() => take(script)} onKeepMine={() => setBase(script)} />
      )}
      {saving.error && <FaultNote fault={saving.error} title="The script was not saved" />}
      <ScriptEditor source={source} onChange={setSource} readOnly={!mayOperate} />
      {mayOperate && isChanged && (
        <div style={{ display: 'flex', gap: 8, marginBottom: 16 }}>
          <Button loading={saving.isPending} disabled={isBehind} onClick={() => saving.mutate({ source, base })}>
            Save
          </Button>
          <Button variant="default" onClick={() => take(script)}>
            Discard
          </Button>
        </div>
      )}
    </>
  )
}
