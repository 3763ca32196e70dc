import type { ClaimView } from '@slipway/protocol'
import { RelativeTime } from '../../ui/RelativeTime.tsx'

/** Who holds a machine, and for how long still. */
export function ClaimCell({ claim }: { claim: ClaimView | null }) {
  if (claim === null) return <span className="quiet">–</span>
  return (
    <>
      {claim.holder}{' '}
      <span className="quiet">
        {claim.expires_at === null ? 'until it is installed' : <RelativeTime at={claim.expires_at} />}
      </span>
    </>
  )
}
