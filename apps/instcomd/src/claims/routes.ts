import type { Claim } from '@slipway/protocol'
import type { Handlers } from '../http/handler.ts'
import type { ClaimService } from './service.ts'
import type { ClaimRow } from './store.ts'

/** `/api/machines/{id}/claim`. */
export function claimRoutes(service: ClaimService): Handlers {
  return {
    async claimMachine(call) {
      const { ttl_seconds: ttlSeconds, holder, code } = call.body ?? {}
      return claimAnswer(await service.claim(call.params.machine_id, { ttlSeconds, holder, code }, call))
    },
    async renewClaim(call) {
      const { claim_id: claimId, ttl_seconds: ttlSeconds } = call.body
      return claimAnswer(await service.renew(call.params.machine_id, { claimId, ttlSeconds }, call))
    },
    async releaseClaim(call) {
      await service.release(
        call.params.machine_id,
        { claimId: call.body.claim_id, force: call.body.force ?? false },
        call,
      )
      return null
    },
  }
}

function claimAnswer(claim: ClaimRow): Claim {
  const { claim_id, fence, holder, expires_at } = claim
  return { claim_id, fence, holder, expires_at: expires_at.toISOString() }
}
