import { Fault, isFault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { Dialled, MachineLinks } from '../machines/machine-links.ts'
import { readInventory } from '../machines/meet-machine.ts'
import { claimStore, type ClaimRow } from './store.ts'

interface TellDeps {
  readonly context: AppContext
  readonly links: MachineLinks
}

/**
 * Tells the machine who holds it. A machine that has seen a higher fence (another database, an older life of this one) is
 * asked for it once, and the claim gets the next. Returns the claim as the machine accepted it.
 */
export async function tellClaim(
  deps: TellDeps,
  machine: Dialled,
  claim: ClaimRow,
  signal: AbortSignal,
): Promise<ClaimRow> {
  try {
    await callClaim(deps, machine, claim, signal)
    return claim
  } catch (error) {
    if (!isFault(error, 'fence-stale')) throw error
  }
  const { highest_fence } = await readInventory(deps, machine, signal)
  const raised = await claimStore.raiseFence(deps.context.database, claim.machine_id, claim.claim_id, highest_fence)
  if (!raised)
    throw new Fault(
      'claim-stale',
      `the claim on machine ${claim.machine_id} ended while the machine was told; claim it anew`,
    )
  await callClaim(deps, machine, raised, signal)
  return raised
}

async function callClaim(deps: TellDeps, machine: Dialled, claim: ClaimRow, signal: AbortSignal): Promise<void> {
  const request = { claim: claimRef(claim), holder: claim.holder, ttlSeconds: claim.ttl_seconds }
  await deps.links.call(machine, (client, options) => client.claim(request, options), { signal })
}

/** Tells the machine of a renewal; a machine that forgot the claim is told anew, one that is away misses it: the lease here counts. */
export async function tellRenewal(
  deps: TellDeps,
  machine: Dialled,
  claim: ClaimRow,
  signal: AbortSignal,
): Promise<void> {
  const request = { claim: claimRef(claim), ttlSeconds: claim.ttl_seconds }
  try {
    await deps.links.call(machine, (client, options) => client.renewClaim(request, options), { signal })
  } catch (error) {
    if (isFault(error, 'claim-stale')) return callClaim(deps, machine, claim, signal)
    if (!isFault(error, 'machine-unreachable')) throw error
    deps.context.logger.warn(
      { machine_id: machine.machine_id, err: error },
      `Machine ${machine.machine_id} was not told of the renewal`,
    )
  }
}

/** Tells the machine that its claim ended; one that is away finds out when its own lease runs out. */
export async function tellRelease(
  deps: TellDeps,
  machine: Dialled,
  claim: ClaimRow,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.links.call(
      machine,
      (client, options) => client.releaseClaim({ claim: claimRef(claim), force }, options),
      { signal },
    )
  } catch (error) {
    deps.context.logger.warn(
      { machine_id: machine.machine_id, err: error },
      `Machine ${machine.machine_id} was not told of the release`,
    )
  }
}

/** The pair that every changing call carries. */
export function claimRef(claim: { claim_id: string; fence: number }): { claimId: string; fence: bigint } {
  return { claimId: claim.claim_id, fence: BigInt(claim.fence) }
}
