import { Fault } from '@slipway/base'
import type { ClaimRow } from './store.ts'

/** A refused claim says who holds the machine, since when, until when. */
export function machineClaimed(machineId: string, claim: ClaimRow | null): Fault {
  if (!claim)
    return new Fault('machine-claimed', `machine ${machineId} was claimed a moment ago by somebody else; try again`, {
      details: { machine_id: machineId },
    })
  const since = claim.claimed_at.toISOString()
  const until = claim.installation_id ? null : claim.expires_at.toISOString()
  const words = until ? `until ${until}` : `until installation ${claim.installation_id} ends`
  return new Fault(
    'machine-claimed',
    `machine ${machineId} is claimed by ${claim.holder} since ${since}, ${words}; wait, or ask ${claim.holder} to release it`,
    {
      details: {
        machine_id: machineId,
        holder: claim.holder,
        claimed_at: since,
        expires_at: until,
        installation_id: claim.installation_id,
      },
    },
  )
}

/** The id given is not that of the active claim, which is named when there is one. */
export function claimStale(machineId: string, active: ClaimRow | null): Fault {
  const now = active ? `it is now held by ${active.holder}` : 'nobody holds it now'
  return new Fault(
    'claim-stale',
    `the claim_id given for machine ${machineId} is not the active claim: ${now}; claim it anew`,
    {
      details: { machine_id: machineId, ...(active && { holder: active.holder }) },
    },
  )
}
