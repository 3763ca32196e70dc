import { createContextKey, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { Fault } from '@slipway/base'
import type { AddressProbe, Inventory, Machined, PlanFinding } from '@slipway/protocol'
import type { ClaimRef, Claims } from '../claims/claims.ts'
import type { Enrolment } from '../enrolment/enrolment.ts'
import { type InstallRequest } from '../installation/install-request.ts'
import type { Installations } from '../installation/installations.ts'

/** Throws unless the peer of this call is an instcomd of the pinned CA; set for each request by the server. */
export const peerKey = createContextKey<() => string>(() => {
  throw new Fault('certificate-refused', 'this call came without a connection')
})

export interface ServiceParts {
  readonly machineId: string
  readonly claims: Claims
  readonly enrolment: Enrolment
  readonly installations: Installations
  /** Aborts when machined stops; ends the streams. */
  readonly signal: AbortSignal
  readInventory(signal: AbortSignal): Promise<Inventory>
  checkPlan(
    input: { planJson: string; planSha256: string; configJson: string },
    signal: AbortSignal,
  ): Promise<PlanFinding[]>
  probeAddresses(input: { configJson: string }, signal: AbortSignal): Promise<AddressProbe[]>
  reboot(): Promise<void>
}

/** A day at most, as in the API. */
const maxTtlSeconds = 86_400

/** The calls of machined.proto: from wire to the domain, no rules of their own. Every call but Enroll asks who calls. */
export function makeService(parts: ServiceParts): Partial<ServiceImpl<typeof Machined>> {
  const { claims, enrolment, installations } = parts
  const isAllowed = (context: HandlerContext) => void context.values.get(peerKey)()
  const claimed = async (context: HandlerContext, claim: ClaimMessage) => {
    isAllowed(context)
    await claims.require(readClaim(claim))
  }
  return {
    enroll: (request) => enrol(enrolment, parts.machineId, request),
    async getSystemInfo(_request, context) {
      isAllowed(context)
      return { inventoryJson: JSON.stringify(await parts.readInventory(context.signal)) }
    },
    async claim(request, context) {
      isAllowed(context)
      await claims.claim(readClaim(request.claim), request.holder, readTtl(request.ttlSeconds))
      return { ttlSeconds: request.ttlSeconds, highestFence: BigInt(claims.highestFence) }
    },
    async renewClaim(request, context) {
      isAllowed(context)
      await claims.renew(readClaim(request.claim), readTtl(request.ttlSeconds))
      return { ttlSeconds: request.ttlSeconds, highestFence: BigInt(claims.highestFence) }
    },
    async releaseClaim(request, context) {
      isAllowed(context)
      await claims.release(readClaim(request.claim), request.force)
      return {}
    },
    async checkPlan(request, context) {
      await claimed(context, request.claim)
      return { findingsJson: JSON.stringify(await parts.checkPlan(request, context.signal)) }
    },
    async probeAddresses(request, context) {
      isAllowed(context)
      return { probesJson: JSON.stringify(await parts.probeAddresses(request, context.signal)) }
    },
    async startInstall(request, context) {
      await claimed(context, request.claim)
      return { lastSeq: BigInt(await installations.start(readInstall(request))) }
    },
    async *watchInstall(request, context) {
      isAllowed(context)
      const signal = AbortSignal.any([context.signal, parts.signal])
      for await (const event of installations.watch(request.installationId, Number(request.afterSeq), signal)) {
        yield { eventJson: JSON.stringify(event) }
      }
    },
    async cancelInstall(request, context) {
      await claimed(context, request.claim)
      await installations.cancel(request.installationId)
      return {}
    },
    async rollbackInstall(request, context) {
      await claimed(context, request.claim)
      return { lastSeq: BigInt(await installations.rollback(readInstall(request))) }
    },
    async reboot(request, context) {
      await claimed(context, request.claim)
      if (installations.isBusy)
        throw new Fault('machine-busy', 'an installation has not ended; cancel it before the reboot')
      await parts.reboot()
      return {}
    },
  }
}

type ClaimMessage = { claimId: string; fence: bigint } | undefined
type EnrolMethod = NonNullable<ServiceImpl<typeof Machined>['enroll']>
type EnrolRequest = Parameters<EnrolMethod>[0]

async function enrol(enrolment: Enrolment, machineId: string, request: EnrolRequest) {
  const { phase } = request
  switch (phase.case) {
    case 'hello': {
      const { instcomdCertificatePem, nonce } = phase.value
      const challenge = enrolment.hello({ instcomdPem: instcomdCertificatePem, nonce })
      return { phase: { case: 'challenge' as const, value: { ...challenge, machineId } } }
    }
    case 'proof':
      return { phase: { case: 'signing' as const, value: await enrolment.proof(phase.value) } }
    case 'finish':
      await enrolment.finish(phase.value)
      return { phase: { case: 'done' as const, value: {} } }
    default:
      throw new Fault('invalid-request', 'an Enroll call needs one of hello, proof, finish')
  }
}

function readClaim(claim: ClaimMessage): ClaimRef {
  const fence = Number(claim?.fence ?? 0n)
  if (!claim || claim.claimId === '' || !Number.isSafeInteger(fence) || fence < 1) {
    throw new Fault('invalid-request', 'the call needs a claim with claim_id and a fence from 1')
  }
  return { claim_id: claim.claimId, fence }
}

function readTtl(seconds: number): number {
  if (seconds >= 1 && seconds <= maxTtlSeconds) return seconds
  throw new Fault('invalid-request', `a claim lasts from 1 to ${maxTtlSeconds} seconds, not ${seconds}`)
}

function readInstall(request: {
  installationId: string
  planJson: string
  planSha256: string
  contextJson: string
}): InstallRequest {
  const { installationId, planJson, planSha256, contextJson } = request
  return { installationId, planJson, planSha256, contextJson }
}
