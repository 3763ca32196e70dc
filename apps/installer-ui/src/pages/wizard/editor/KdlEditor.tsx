import type { Diagnostic } from '@codemirror/lint'
import type { EditorState } from '@codemirror/state'
import type { Finding } from '@slipway/protocol'
import { useCallback, useMemo } from 'react'
import { TextEditor } from '../../../ui/TextEditor.tsx'
import { curesFor } from '../cures/cures-for.ts'
import { useDraft } from '../draft/draft.ts'
import { completeKdl } from './kdl-completion.ts'
import { kdlLanguage } from './kdl-language.ts'

interface KdlEditorProps {
  /** Where a finding was chosen. */
  readonly goTo: { readonly line: number; readonly column: number } | null
}

/** The draft's text beside the form: what is typed in one stands in the other. */
export function KdlEditor({ goTo }: KdlEditorProps) {
  const draft = useDraft()
  const { text, setText, check, inventory, apply } = draft
  const completion = useMemo(() => completeKdl(inventory), [inventory])
  const findings = useCallback(
    (state: EditorState): Diagnostic[] =>
      check.findings.map((finding) => ({
        ...range(state, finding),
        severity: finding.severity,
        message: `${finding.message}\n${finding.cure}`,
        actions: curesFor(finding, { inventory, config: check.config }).map(({ title, edit }) => ({
          name: title,
          apply: () => apply(edit),
        })),
      })),
    [check, inventory, apply],
  )
  return (
    <TextEditor
      label="Machine config in KDL"
      value={text}
      onChange={setText}
      language={kdlLanguage}
      completion={completion}
      findings={findings}
      goTo={goTo}
      minHeight="420px"
    />
  )
}

/** A finding's span as offsets; its columns count code points, the editor counts UTF-16 units. */
function range({ doc }: EditorState, { line, column, end_line, end_column }: Finding): { from: number; to: number } {
  const offset = (row: number, columnOf: number) => {
    const found = doc.line(Math.min(Math.max(1, row), doc.lines))
    const units = Array.from(found.text)
      .slice(0, columnOf - 1)
      .join('').length
    return Math.min(found.to, found.from + units)
  }
  const from = offset(line, column)
  return { from, to: Math.max(from, offset(end_line, end_column)) }
}
