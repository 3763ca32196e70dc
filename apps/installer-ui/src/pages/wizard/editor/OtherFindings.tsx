import { useDraft } from '../draft/draft.ts'
import { FindingList } from '../FindingList.tsx'
import { stepOf } from '../steps.ts'

/** Findings that no field of the form stands for: unknown nodes, syntax. */
export function OtherFindings() {
  const { check } = useDraft()
  const findings = check.findings.filter((finding) => stepOf(finding) === null)
  if (findings.length === 0) return null
  return (
    <div style={{ padding: '0 14px 10px' }}>
      <FindingList findings={findings} />
    </div>
  )
}
