import type { Installation } from '@slipway/protocol'
import { printSpan } from '../../ui/format-time.ts'
import { useNow } from '../../ui/RelativeTime.tsx'

/** How long an installation took, or has been under way. */
export function Duration({ installation: { started_at, ended_at } }: { installation: Installation }) {
  const now = useNow()
  if (started_at === null) return <span className="quiet">–</span>
  const end = ended_at === null ? now : Date.parse(ended_at)
  return <span className="numbers">{printSpan((end - Date.parse(started_at)) / 1000)}</span>
}
