import { IconFingerprint } from '@tabler/icons-react'
import { Notice } from '../../ui/Notice.tsx'

/** Two machines say that they are this one. */
export function ConflictNotice({ why }: { why: string }) {
  return (
    <Notice tone="warn" icon={IconFingerprint} title="Another machine answers as this one">
      {why}
    </Notice>
  )
}
