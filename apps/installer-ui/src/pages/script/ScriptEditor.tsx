import { yaml } from '@codemirror/lang-yaml'
import type { Diagnostic } from '@codemirror/lint'
import type { EditorState } from '@codemirror/state'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import type { ScriptFinding } from '@slipway/protocol'
import { useCallback, useMemo } from 'react'
import { useRoute } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { TextEditor } from '../../ui/TextEditor.tsx'

/** The server looks at the text when nobody has typed for this long. */
const pauseMs = 400
const none: readonly ScriptFinding[] = []

interface ScriptEditorProps {
  readonly source: string
  readonly onChange: (source: string) => void
  readonly readOnly: boolean
}

/** A script file's text, checked by the server as it is typed. */
export function ScriptEditor({ source, onChange, readOnly }: ScriptEditorProps) {
  const [settled] = useDebouncedValue(source, pauseMs)
  const check = useRoute('checkScript', { body: { source: settled } }, { enabled: settled.trim() !== '' })
  const found = settled === source && check.data ? check.data.findings : none
  const findings = useCallback((state: EditorState) => found.map((finding) => diagnostic(state, finding)), [found])
  const language = useMemo(() => yaml(), [])
  return (
    <Panel title="File" flush>
      <TextEditor
        label="Script file in YAML"
        value={source}
        {...(readOnly ? {} : { onChange })}
        language={language}
        findings={findings}
        minHeight="360px"
      />
      <div style={{ padding: '12px 14px 0' }} aria-live="polite">
        {check.error && <FaultNote fault={check.error} title="The text was not checked" />}
        {found.map((finding) => (
          <Notice
            key={`${finding.code} ${finding.path} ${finding.line}`}
            tone={finding.severity === 'error' ? 'bad' : 'warn'}
            icon={IconAlertTriangle}
            title={`${finding.line === null ? finding.path : `Line ${finding.line}`}: ${finding.message}`}
          >
            {finding.cure}
          </Notice>
        ))}
        {check.data?.valid === true && found.length === 0 && settled === source && (
          <Notice tone="good" icon={IconCircleCheck} title="This file is valid" />
        )}
      </div>
    </Panel>
  )
}

function diagnostic({ doc }: EditorState, { line, column, severity, message, cure }: ScriptFinding): Diagnostic {
  const row = doc.line(Math.min(Math.max(1, line ?? 1), doc.lines))
  const from = Math.min(row.to, row.from + Math.max(0, (column ?? 1) - 1))
  return { from, to: row.to, severity, message: cure === null ? message : `${message}\n${cure}` }
}
