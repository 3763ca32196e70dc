import { createHash, randomBytes } from 'node:crypto'
import { Fault, makeId } from '@slipway/base'
import { destroysData, installationError } from '@slipway/install-plan'
import { isTerminal, type MachineConfig } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import { claimStale } from '../claims/claim-faults.ts'
import type { Caller, ClaimService } from '../claims/service.ts'
import { claimStore, type ClaimRow } from '../claims/store.ts'
import type { ConfigService } from '../configs/service.ts'
import type { Transaction } from '../database/database.ts'
import type { MachineService } from '../machines/service.ts'
import type { MachineRow } from '../machines/store.ts'
import type { MadePlan, PlanService } from '../plans/service.ts'
import { endInstallations } from './end-installations.ts'
import { firstBootSealContext } from './install-context.ts'
import type { Runner } from './runner.ts'
import { installationStore, type InstallationFilter, type InstallationRow } from './store.ts'

export interface InstallWish {
  readonly machineId: string
  readonly kdl: string
  readonly planSha256?: string | undefined
  readonly claimId?: string | undefined
  readonly idempotencyKey: string | null
}

/** An installation that could be queued as it stands. */
export interface PreparedInstall {
  readonly installationId: string
  readonly machine: MachineRow
  readonly made: MadePlan
  readonly wish: InstallWish
}

export interface InstallationDeps {
  readonly context: AppContext
  readonly machines: MachineService
  readonly configs: ConfigService
  readonly plans: PlanService
  readonly claims: ClaimService
  readonly runner: Runner
}

/** Rules about installations: what may start, and what may be done to one in which state. */
export class InstallationService {
  readonly #deps: InstallationDeps

  constructor(deps: InstallationDeps) {
    this.#deps = deps
  }

  /** Queues an installation and returns its id. Refuses a plan that destroys data and was not confirmed by its digest. */
  async install(wish: InstallWish, caller: Caller): Promise<string> {
    const { context } = this.#deps
    const repeated =
      wish.idempotencyKey &&
      (await installationStore.byRequest(context.database, caller.principal.id, wish.idempotencyKey))
    if (repeated) return repeated
    const prepared = await this.prepare(wish, caller)
    await this.queue([prepared], caller)
    return prepared.installationId
  }

  /** Plans a wish, or checks the plan that confirms it; touches nothing. */
  async prepare(wish: InstallWish, caller: Caller): Promise<PreparedInstall> {
    const { machines, plans } = this.#deps
    const machine = await machines.get(wish.machineId)
    machines.dialled(machine) // refuses one that is not enrolled
    const asker = { name: caller.principal.name, signal: caller.signal }
    const made = wish.planSha256
      ? await plans.confirmed(machine, { kdl: wish.kdl, planSha256: wish.planSha256 }, asker)
      : ensureHarmless(await plans.make(machine, wish.kdl, asker))
    return { installationId: makeId('inst'), machine, made, wish }
  }

  /** Queues all of them or none; `also` is written with them. */
  async queue(
    prepared: readonly PreparedInstall[],
    caller: Caller,
    also?: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    await this.#deps.context.database.transaction(async (tx) => {
      for (const one of prepared) await this.#queue(tx, one, caller)
      await also?.(tx)
    })
    this.#deps.runner.wake()
  }

  /** Throws `not-found`. */
  async get(installationId: string, tx: Transaction = this.#deps.context.database): Promise<InstallationRow> {
    const row = await installationStore.read(tx, installationId)
    if (row) return row
    throw new Fault('not-found', `there is no installation ${installationId}; \`slipway installs list\` shows them`, {
      details: { installation_id: installationId },
    })
  }

  list(filter: InstallationFilter): Promise<InstallationRow[]> {
    return installationStore.list(this.#deps.context.database, filter)
  }

  /** Cancels, or takes finished steps back: at once while queued, else as soon as the machine can be told. */
  async stop(
    installationId: string,
    intent: 'cancel' | 'rollback',
    claimId: string | undefined,
    caller: Caller,
  ): Promise<InstallationRow> {
    const { context, runner } = this.#deps
    const running = await context.database.transaction(async (tx) => {
      const row = await this.#changeable(tx, installationId, claimId, caller)
      const noted = await installationStore.setIntent(tx, installationId, intent)
      if (!noted) throw bootsAlready(row)
      if (noted.state !== 'queued') return true
      const error = installationError(
        new Fault('cancelled', `${caller.principal.name} stopped the installation before it began`),
      )
      const ending = {
        installation_id: installationId,
        outcome: 'cancelled',
        confirmed: false,
        error,
        actor: caller.principal.name,
      } as const
      await endInstallations(context, tx, [ending])
      return false
    })
    if (running) await runner.deliver(installationId, intent)
    runner.wake()
    return this.get(installationId)
  }

  /** Lets an installation that waits for its machine try again now. */
  async resume(installationId: string, claimId: string | undefined, caller: Caller): Promise<InstallationRow> {
    const { context, runner } = this.#deps
    await context.database.transaction(async (tx) => {
      const row = await this.#changeable(tx, installationId, claimId, caller)
      await installationStore.hurry(tx, row.machine_id)
    })
    runner.wake()
    return this.get(installationId)
  }

  async #changeable(
    tx: Transaction,
    installationId: string,
    claimId: string | undefined,
    caller: Caller,
  ): Promise<InstallationRow> {
    const row = await this.get(installationId, tx)
    if (isTerminal(row.state))
      throw new Fault(
        'installation-terminal',
        `installation ${installationId} has ended (${row.state}); start a new one`,
        {
          details: { installation_id: installationId, status: row.state },
        },
      )
    const claim = await claimStore.active(tx, row.machine_id)
    // Who installed with an implicit claim was never given its id.
    await this.#deps.claims.held(
      tx,
      row.machine_id,
      claimId ?? (claim?.implicit ? claim.claim_id : ''),
      caller.principal,
    )
    return row
  }

  async #queue(tx: Transaction, input: PreparedInstall, caller: Caller): Promise<void> {
    const { context, configs } = this.#deps
    const { installationId, machine, made, wish } = input
    const { machine_id } = machine
    const claim = await this.#claimFor(tx, machine, wish, caller)
    if (!(await claimStore.bind(tx, machine_id, claim.claim_id, installationId)))
      throw await this.#notBound(tx, machine_id)
    await configs.keep(tx, { machineId: machine_id, kdl: wish.kdl, reason: 'installed', by: caller.principal.name })
    await installationStore.insert(tx, {
      installationId,
      machineId: machine_id,
      planSha256: made.planSha256,
      kdl: wish.kdl,
      hostname: made.config.sysconfig.hostname,
      bootEnvironment: made.plan.boot_environment,
      image: made.plan.image,
      claimId: claim.claim_id,
      createdBy: caller.principal.name,
      principalId: caller.principal.id,
      idempotencyKey: wish.idempotencyKey,
      firstBoot: reportsFirstBoot(made.config) ? makeFirstBootToken(context, installationId) : null,
    })
    const data = {
      installation_id: installationId,
      machine_id,
      status: 'queued',
      phase: 'queued',
      step: null,
      percent: 0,
    }
    const { principal, requestId, sourceAddress } = caller
    await context.appendEvent(tx, {
      type: 'installation.progress',
      data,
      actor: principal.name,
      requestId,
      sourceAddress,
    })
  }

  async #claimFor(tx: Transaction, machine: MachineRow, wish: InstallWish, caller: Caller): Promise<ClaimRow> {
    const { claims } = this.#deps
    if (wish.claimId !== undefined) return claims.held(tx, machine.machine_id, wish.claimId, caller.principal)
    return claims.grant(tx, machine, { implicit: true }, caller)
  }

  async #notBound(tx: Transaction, machineId: string): Promise<Fault> {
    const claim = await claimStore.active(tx, machineId)
    if (!claim?.installation_id) return claimStale(machineId, claim)
    return new Fault(
      'machine-busy',
      `machine ${machineId} runs installation ${claim.installation_id}; wait for its end, or cancel it`,
      {
        details: { machine_id: machineId, installation_id: claim.installation_id },
      },
    )
  }
}

function ensureHarmless(made: MadePlan): MadePlan {
  if (!destroysData(made.plan)) return made
  const lost = made.plan.steps.flatMap((step) => step.destroys.map(({ device, contents }) => `${device} (${contents})`))
  throw new Fault(
    'plan-not-confirmed',
    `the plan destroys data: ${lost.join(', ')}; look at it, then send its plan_sha256 along`,
    { details: { plan_sha256: made.planSha256, plan: made.plan } },
  )
}

/** The new system reports only where it is started by us and has a network. */
function reportsFirstBoot(config: MachineConfig): boolean {
  return config.reboot && config.sysconfig.interfaces.some(({ addresses }) => addresses.length > 0)
}

function makeFirstBootToken(context: AppContext, installationId: string): { hash: Buffer; sealed: string } {
  const token = randomBytes(32).toString('base64url')
  return {
    hash: createHash('sha256').update(token).digest(),
    sealed: context.secrets.encrypt(token, firstBootSealContext(installationId)),
  }
}

function bootsAlready(row: InstallationRow): Fault {
  return new Fault(
    'conflict',
    `installation ${row.installation_id} is done on the machine, which starts the new system now; it can no longer be stopped`,
    {
      details: { installation_id: row.installation_id, status: row.state },
    },
  )
}
