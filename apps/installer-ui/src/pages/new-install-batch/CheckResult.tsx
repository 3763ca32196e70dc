import type { BatchMachineCheck } from '@slipway/protocol'
import { Dot } from '../../ui/Dot.tsx'
import { lossesOf } from '../wizard/review/losses-of.ts'

/** What the check said of one machine; nothing before the first. */
export function CheckResult({ result }: { result: BatchMachineCheck | undefined }) {
  if (!result) return <span className="quiet">–</span>
  if (result.valid) {
    const losses = lossesOf({ steps: [result] })
    if (losses.length === 0) return <Dot tone="good">can be installed</Dot>
    return <Dot tone="warn">destroys {losses.map(({ device, contents }) => `${device} (${contents})`).join(', ')}</Dot>
  }
  const [finding] = result.findings.filter(({ severity }) => severity === 'error')
  const text = finding ? `${finding.message} ${finding.cure}` : (result.error?.message ?? 'cannot be installed')
  return <Dot tone="bad">{text}</Dot>
}
