import { Fault, makeId, toFault, type Result } from '@slipway/base'
import { printConfig, withValues, type ConfigValues } from '@slipway/machine-config'
import {
  isTerminal,
  type BatchMachineCheck,
  type Finding,
  type InstallationState,
  type MachineConfig,
} from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Caller, ClaimService } from '../claims/service.ts'
import { claimStore } from '../claims/store.ts'
import { machineClaimed } from '../claims/claim-faults.ts'
import type { ConfigService } from '../configs/service.ts'
import type { InstallationService, PreparedInstall } from '../installations/service.ts'
import type { MachineService } from '../machines/service.ts'
import type { PlanService } from '../plans/service.ts'
import { findClashes } from './find-clashes.ts'
import { batchStore, type BatchRow } from './store.ts'

/** Machines that are looked at side by side: each is asked for its hardware, and probes its network. */
const atOnce = 16

export interface MachineWish {
  readonly machine_id: string
  readonly values: ConfigValues
  readonly plan_sha256?: string | undefined
  readonly claim_id?: string | undefined
}

export interface BatchDeps {
  readonly context: AppContext
  readonly machines: MachineService
  readonly configs: ConfigService
  readonly claims: ClaimService
  readonly plans: PlanService
  readonly installations: InstallationService
}

/** One config for many machines (docs/decisions/0011-install-batches.md): each gets its values in the parsed config, and all start or none. */
export class InstallBatchService {
  readonly #deps: BatchDeps

  constructor(deps: BatchDeps) {
    this.#deps = deps
  }

  /** Looks at every machine with its own config; starts nothing. */
  async check(
    input: { kdl: string; machines: readonly MachineWish[] },
    caller: Caller,
  ): Promise<{ valid: boolean; machines: BatchMachineCheck[] }> {
    ensureDistinct(input.machines)
    const wishes = fill(this.#template(input.kdl), input.machines)
    const machines = await sideBySide(wishes, (wish) => this.#checkOne(wish, caller))
    return { valid: machines.every(({ valid }) => valid), machines }
  }

  /** Queues an installation on every machine, or none: throws `install-batch-refused` with what is against which machine. */
  async add(input: { name: string; kdl: string; machines: readonly MachineWish[] }, caller: Caller): Promise<BatchRow> {
    const { context, installations } = this.#deps
    ensureDistinct(input.machines)
    const wishes = fill(this.#template(input.kdl), input.machines)
    const looked = await sideBySide(wishes, (wish) => this.#prepareOne(wish, caller))
    const refused = looked.filter((one) => one instanceof Refusal)
    if (refused.length > 0) throw batchRefused(refused)
    const prepared = looked.filter((one): one is PreparedInstall => !(one instanceof Refusal))
    const id = makeId('batch')
    const machines = prepared.map(({ installationId, wish }, index) => ({
      machineId: wish.machineId,
      values: input.machines[index]?.values ?? {},
      installationId,
    }))
    // In one order everywhere, so that two batches over the same machines never wait for each other in a circle.
    const ordered = prepared.toSorted((a, b) => a.wish.machineId.localeCompare(b.wish.machineId))
    await installations.queue(ordered, caller, (tx) =>
      batchStore.insert(tx, { id, name: input.name, kdl: input.kdl, createdBy: caller.principal.name, machines }),
    )
    context.logger.info({ batch_id: id, machines: machines.length }, 'Install batch queued')
    return this.get(id)
  }

  /** Throws `not-found`. */
  async get(id: string): Promise<BatchRow> {
    const row = await batchStore.read(this.#deps.context.database, id)
    if (row) return row
    throw new Fault('not-found', `there is no install batch ${id}; GET /api/install-batches lists them`)
  }

  list(filter: { before: number; limit: number }): Promise<BatchRow[]> {
    return batchStore.list(this.#deps.context.database, filter)
  }

  machines(id: string): ReturnType<typeof batchStore.machines> {
    return batchStore.machines(this.#deps.context.database, id)
  }

  /** Cancels each installation that can still be; one that ended or boots meanwhile stays as it is. */
  async cancel(id: string, caller: Caller): Promise<BatchRow> {
    await this.get(id)
    const { installations } = this.#deps
    for (const { installation_id, state } of await this.machines(id)) {
      if (isPastCancelling(state)) continue
      await installations.stop(installation_id, 'cancel', undefined, caller).catch(async (error: unknown) => {
        if (!isPastCancelling((await installations.get(installation_id)).state)) throw error
      })
    }
    return this.get(id)
  }

  /** The parsed config that the values are put into. Errors in it are told machine by machine: a value may mend one. */
  #template(kdl: string): MachineConfig {
    const { config, findings } = this.#deps.configs.checkWith(kdl, null, null)
    if (config) return config
    throw new Fault('config-invalid', 'the config cannot be read; mend the errors that details.findings lists', {
      details: { findings },
    })
  }

  async #checkOne({ wish, filled, clash }: FilledWish, caller: Caller): Promise<BatchMachineCheck> {
    const { machine_id } = wish
    const nothing = { machine_id, valid: false, findings: [], error: null, plan_sha256: null, destroys: [] }
    if (!filled.ok) return { ...nothing, findings: filled.error }
    try {
      if (clash !== undefined) throw new Fault('conflict', clash)
      const machine = await this.#deps.machines.get(machine_id)
      this.#deps.machines.dialled(machine)
      await this.#ensureFree(machine_id, wish.claim_id)
      const asker = { name: caller.principal.name, signal: caller.signal }
      const { plan, planSha256 } = await this.#deps.plans.make(machine, printConfig(filled.value), asker)
      const destroys = plan.steps.flatMap((step) => step.destroys)
      return { ...nothing, valid: true, plan_sha256: planSha256, destroys }
    } catch (error) {
      const fault = toFault(error)
      if (fault.code === 'config-invalid') return { ...nothing, findings: findingsOf(fault) }
      return { ...nothing, error: { code: fault.code, message: fault.message } }
    }
  }

  async #prepareOne({ wish, filled, clash }: FilledWish, caller: Caller): Promise<PreparedInstall | Refusal> {
    if (!filled.ok) return new Refusal(wish, configInvalid(filled.error))
    try {
      if (clash !== undefined) throw new Fault('conflict', clash)
      await this.#ensureFree(wish.machine_id, wish.claim_id)
      const one = {
        machineId: wish.machine_id,
        kdl: printConfig(filled.value),
        planSha256: wish.plan_sha256,
        claimId: wish.claim_id,
        idempotencyKey: null,
      }
      return await this.#deps.installations.prepare(one, caller)
    } catch (error) {
      return new Refusal(wish, toFault(error))
    }
  }

  /** Told for every machine before anything starts; the grant itself decides in the end. */
  async #ensureFree(machineId: string, claimId: string | undefined): Promise<void> {
    const claim = await claimStore.active(this.#deps.context.database, machineId)
    if (claim && claim.claim_id !== claimId) throw machineClaimed(machineId, claim)
  }
}

/** A wish with the config that it makes of the template. */
interface FilledWish {
  readonly wish: MachineWish
  readonly filled: Result<MachineConfig, Finding[]>
  /** What it would share with another machine of the batch. */
  readonly clash: string | undefined
}

function fill(template: MachineConfig, wishes: readonly MachineWish[]): FilledWish[] {
  const all = wishes.map((wish) => ({ wish, filled: withValues(template, wish.values) }))
  const readable = all.flatMap(({ wish, filled }) =>
    filled.ok ? [{ machineId: wish.machine_id, config: filled.value }] : [],
  )
  const clashes = findClashes(readable)
  return all.map(({ wish, filled }) => ({ wish, filled, clash: clashes.get(wish.machine_id) }))
}

function isPastCancelling(state: InstallationState): boolean {
  return isTerminal(state) || state === 'rebooting' || state === 'confirming'
}

/** A machine that cannot be installed, and why. */
class Refusal {
  readonly machineId: string
  readonly fault: Fault

  constructor({ machine_id }: MachineWish, fault: Fault) {
    this.machineId = machine_id
    this.fault = fault
  }
}

function batchRefused(refused: readonly Refusal[]): Fault {
  const [first] = refused
  const others = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
  return new Fault(
    'install-batch-refused',
    `nothing was started: ${first?.machineId}: ${first?.fault.message}${others}; mend that, or leave the machine out`,
    {
      details: {
        machines: refused.map(({ machineId, fault: { code, message, details } }) => ({
          machine_id: machineId,
          code,
          message,
          details,
        })),
      },
    },
  )
}

function configInvalid(findings: readonly Finding[]): Fault {
  return new Fault('config-invalid', findings.map(({ message }) => message).join(' '), { details: { findings } })
}

function findingsOf({ details }: Fault): Finding[] {
  return Array.isArray(details.findings) ? (details.findings as Finding[]) : [] // our own fault's own details
}

function ensureDistinct(machines: readonly MachineWish[]): void {
  const seen = new Set<string>()
  for (const { machine_id } of machines) {
    if (seen.has(machine_id))
      throw new Fault('invalid-request', `machine ${machine_id} stands in the list twice; name every machine once`)
    seen.add(machine_id)
  }
}

/** Maps with so many at once, in order. */
async function sideBySide<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length })
  let next = 0
  const work = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at]
      if (item !== undefined) results[at] = await map(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return results
}
