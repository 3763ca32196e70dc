import { IconLock } from '@tabler/icons-react'
import type { Machine } from '@slipway/protocol'
import { Notice } from '../../../ui/Notice.tsx'
import { RelativeTime } from '../../../ui/RelativeTime.tsx'

/** Somebody else prepares this machine: who, until when, and what that means. */
export function ClaimedByOther({ claim }: { claim: NonNullable<Machine['claim']> }) {
  return (
    <Notice tone="warn" icon={IconLock} title={`${claim.holder} holds this machine`}>
      {claim.expires_at === null ? (
        'Until its installation ends.'
      ) : (
        <>
          The claim ends <RelativeTime at={claim.expires_at} /> unless it is renewed.
        </>
      )}{' '}
      Your draft is kept; ask them to release it, or wait.
    </Notice>
  )
}
