import { Fault, isFault, makeId } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { Principal } from '../http/handler.ts'
import type { MachineLinks } from '../machines/machine-links.ts'
import type { MachineService } from '../machines/service.ts'
import type { MachineRow } from '../machines/store.ts'
import { machineStore } from '../machines/store.ts'
import { claimStale, machineClaimed } from './claim-faults.ts'
import { claimStore, type ClaimRow } from './store.ts'
import { tellClaim, tellRelease, tellRenewal } from './tell-machine.ts'

/** How often expired claims are taken down; a grant does not wait for it. */
const sweepMs = 1000

/** Who asks, and from where: for events. */
export interface Caller {
  readonly principal: Principal
  readonly requestId: string
  readonly sourceAddress: string
  readonly signal: AbortSignal
}

export interface ClaimDeps {
  readonly context: AppContext
  readonly machines: MachineService
  readonly links: MachineLinks
  /** Ends, in the same transaction, the installation whose claim is taken by force. */
  readonly endByForce: (tx: Transaction, installationId: string, by: string) => Promise<void>
}

/** Leases on machines (machines.md, "Claims"): this instance grants, the machine enforces. */
export class ClaimService {
  readonly #deps: ClaimDeps
  #sweeper: NodeJS.Timeout | null = null

  constructor(deps: ClaimDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#sweeper = setInterval(() => void this.#sweep(), sweepMs).unref()
  }

  stop(): void {
    if (this.#sweeper) clearInterval(this.#sweeper)
  }

  /** Grants a claim and tells the machine; one that cannot be told gets its grant taken back. */
  async claim(
    machineId: string,
    wish: { ttlSeconds?: number | undefined; holder?: string | undefined; code?: string | undefined },
    caller: Caller,
  ): Promise<ClaimRow> {
    const { context, machines } = this.#deps
    const known = await machines.get(machineId)
    const row = await machines.ensureEnrolled(known, {
      code: wish.code,
      actor: caller.principal.name,
      signal: caller.signal,
    })
    const claim = await context.database.transaction((tx) =>
      this.grant(tx, row, { ttlSeconds: wish.ttlSeconds, holder: wish.holder, implicit: false }, caller),
    )
    try {
      return await tellClaim(this.#deps, machines.dialled(row), claim, caller.signal)
    } catch (error) {
      await this.#takeBack(claim, isFault(error) ? error.code : 'internal')
      throw error
    }
  }

  /** Grants in the caller's transaction, without telling the machine. Throws `machine-claimed`. */
  async grant(
    tx: Transaction,
    row: MachineRow,
    wish: { ttlSeconds?: number | undefined; holder?: string | undefined; implicit: boolean },
    caller: Caller,
  ): Promise<ClaimRow> {
    const { context } = this.#deps
    const kept = await machineStore.readHighestFence(tx, row.machine_id)
    const claim = await claimStore.grant(tx, {
      machineId: row.machine_id,
      claimId: makeId('claim'),
      holder: wish.holder ?? caller.principal.name,
      principalId: caller.principal.id,
      ttlSeconds: wish.ttlSeconds ?? Math.ceil(context.configuration.machined.claim_timeout / 1000),
      machineFence: kept,
      implicit: wish.implicit,
    })
    context.metrics.claim(claim ? 'granted' : 'refused')
    if (!claim) throw machineClaimed(row.machine_id, await claimStore.active(tx, row.machine_id))
    const data = {
      machine_id: row.machine_id,
      holder: claim.holder,
      fence: claim.fence,
      expires_at: claim.expires_at.toISOString(),
    }
    await context.appendEvent(tx, {
      type: 'machines.claimed',
      data,
      actor: caller.principal.name,
      requestId: caller.requestId,
      sourceAddress: caller.sourceAddress,
    })
    return claim
  }

  /** The active claim, if `claimId` names it and the caller holds it. Throws `claim-stale`, `machine-claimed`. */
  async held(tx: Transaction, machineId: string, claimId: string, principal: Principal): Promise<ClaimRow> {
    const claim = await claimStore.active(tx, machineId)
    if (claim?.claim_id !== claimId) throw claimStale(machineId, claim)
    if (claim.principal_id !== principal.id && principal.permission !== 'administer')
      throw machineClaimed(machineId, claim)
    return claim
  }

  async renew(
    machineId: string,
    wish: { claimId: string; ttlSeconds?: number | undefined },
    caller: Caller,
  ): Promise<ClaimRow> {
    const { context, machines } = this.#deps
    const row = await machines.get(machineId)
    const claim = await context.database.transaction(async (tx) => {
      await this.held(tx, machineId, wish.claimId, caller.principal)
      const renewed = await claimStore.renew(tx, machineId, wish.claimId, wish.ttlSeconds ?? null)
      if (!renewed) throw claimStale(machineId, null)
      return renewed
    })
    await tellRenewal(this.#deps, machines.dialled(row), claim, caller.signal)
    return claim
  }

  /** Ends a claim: the holder by its id, an administrator any by `force`. */
  async release(
    machineId: string,
    wish: { claimId?: string | undefined; force: boolean },
    caller: Caller,
  ): Promise<void> {
    const { context, machines } = this.#deps
    const row = await machines.get(machineId)
    const claim = await context.database.transaction((tx) => this.#releaseIn(tx, machineId, wish, caller))
    if (claim && row.enrolment === 'enrolled')
      await tellRelease(this.#deps, machines.dialled(row), claim, wish.force, caller.signal)
  }

  async #releaseIn(
    tx: Transaction,
    machineId: string,
    wish: { claimId?: string | undefined; force: boolean },
    caller: Caller,
  ): Promise<ClaimRow | null> {
    if (wish.force && caller.principal.permission !== 'administer')
      throw new Fault(
        'not-permitted',
        `ending another's claim on ${machineId} by force needs the permission "administer"`,
      )
    const claim = wish.force
      ? await claimStore.active(tx, machineId)
      : await this.held(tx, machineId, wish.claimId ?? '', caller.principal)
    if (!claim) return null
    const { installation_id } = claim
    if (installation_id && !wish.force)
      throw new Fault(
        'machine-busy',
        `machine ${machineId} runs installation ${installation_id}, which keeps its claim; cancel it first`,
        {
          details: { machine_id: machineId, installation_id },
        },
      )
    if (!(await claimStore.release(tx, machineId, claim.claim_id, wish.force))) throw claimStale(machineId, null)
    if (installation_id) await this.#deps.endByForce(tx, installation_id, caller.principal.name)
    await this.#appendReleased(tx, claim, wish.force ? 'forced' : 'released', caller)
    return claim
  }

  async #takeBack(claim: ClaimRow, reason: string): Promise<void> {
    await this.#deps.context.database.transaction(async (tx) => {
      const gone = await claimStore.release(tx, claim.machine_id, claim.claim_id, false)
      if (gone) await this.#appendReleased(tx, gone, reason)
    })
  }

  async #sweep(): Promise<void> {
    const { context } = this.#deps
    try {
      const expired = await context.database.transaction(async (tx) => {
        const rows = await claimStore.expire(tx)
        for (const row of rows) await this.#appendReleased(tx, row, 'expired')
        return rows
      })
      for (const { machine_id } of expired)
        context.logger.warn({ machine_id }, `Claim timeout for machine ${machine_id}`)
    } catch (error) {
      context.logger.debug({ err: error }, 'Expired claims were not taken down; the next sweep tries again')
    }
  }

  async #appendReleased(
    tx: Transaction,
    claim: { machine_id: string; holder: string },
    reason: string,
    caller?: Caller,
  ): Promise<void> {
    const { machine_id, holder } = claim
    await this.#deps.context.appendEvent(tx, {
      type: 'machines.released',
      data: { machine_id, holder, reason },
      actor: caller?.principal.name ?? 'instcomd',
      ...(caller && { requestId: caller.requestId, sourceAddress: caller.sourceAddress }),
    })
  }
}
