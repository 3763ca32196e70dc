import { canonicalJson, Fault } from '@slipway/base'
import { makePlan, planDigest } from '@slipway/install-plan'
import { resolveConfig } from '@slipway/machine-config'
import type { ConfigCheck, Finding, Inventory, MachineConfig, Plan, ResolvedImage } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { AddressProbes } from '../configs/address-probes.ts'
import type { ConfigService } from '../configs/service.ts'
import { imageFacts, type ImageService } from '../images/service.ts'
import type { MachineService } from '../machines/service.ts'
import type { MachineRow } from '../machines/store.ts'
import { planStore } from './store.ts'

/** A plan is made from hardware seen this recently; the machine checks its disks again before it begins. */
const inventoryMaxAgeMs = 10_000

/** A plan with its name and what it came from. */
export interface MadePlan {
  readonly planSha256: string
  readonly plan: Plan
  readonly config: MachineConfig
}

export interface PlanDeps {
  readonly context: AppContext
  readonly machines: MachineService
  readonly configs: ConfigService
  readonly images: ImageService
  readonly probes: AddressProbes
}

/** Makes and stores plans; nothing here touches a machine. */
export class PlanService {
  readonly #context: AppContext
  readonly #machines: MachineService
  readonly #configs: ConfigService
  readonly #images: ImageService
  readonly #probes: AddressProbes

  constructor(deps: PlanDeps) {
    this.#context = deps.context
    this.#machines = deps.machines
    this.#configs = deps.configs
    this.#images = deps.images
    this.#probes = deps.probes
  }

  /** Plans a config for a machine as both are now. Throws `config-invalid` with every finding, and the faults of images. */
  async make(machine: MachineRow, kdl: string, caller: { name: string; signal: AbortSignal }): Promise<MadePlan> {
    const inventory = await this.#machines.inventory(machine, { maxAgeMs: inventoryMaxAgeMs, signal: caller.signal })
    const alone = validConfig(this.#configs.checkWith(kdl, inventory, null))
    const [image, use] = await Promise.all([
      this.#images.resolve(alone.image, inventory, caller.signal),
      this.#probes.ask(machine, alone, { maxAgeMs: 0, signal: caller.signal }),
    ])
    const config = validConfig(this.#configs.checkWith(kdl, inventory, imageFacts(image), use))
    return this.#store(machine, { config, image, inventory, now: new Date() }, caller.name)
  }

  /**
   * The stored plan that a digest names, if this config on this machine still yields it. The image stays as it was
   * resolved then: a plan pins it. Throws `plan-changed` with the plan that would run now, `config-invalid`.
   */
  async confirmed(
    machine: MachineRow,
    input: { kdl: string; planSha256: string },
    caller: { name: string; signal: AbortSignal },
  ): Promise<MadePlan> {
    const stored = await planStore.read(this.#context.database, input.planSha256)
    if (stored?.machine_id !== machine.machine_id)
      throw new Fault(
        'plan-changed',
        `no plan ${input.planSha256} was made for machine ${machine.machine_id}; make one and look at it`,
      )
    const inventory = await this.#machines.inventory(machine, { maxAgeMs: inventoryMaxAgeMs, signal: caller.signal })
    const config = validConfig(this.#configs.checkWith(input.kdl, inventory, imageFacts(stored.image)))
    const made = await this.#plan(machine, { config, image: stored.image, inventory, now: stored.planned_at })
    if (made.planSha256 === input.planSha256) return made
    throw new Fault(
      'plan-changed',
      `the config or the hardware of ${machine.machine_id} is not what plan ${input.planSha256} was made for; look at the new plan`,
      { details: { plan_sha256: made.planSha256, plan: made.plan } },
    )
  }

  async #store(machine: MachineRow, input: PlanParts, by: string): Promise<MadePlan> {
    const made = await this.#plan(machine, input)
    await planStore.insert(this.#context.database, {
      plan_sha256: made.planSha256,
      machine_id: machine.machine_id,
      plan_json: canonicalJson(made.plan),
      config: input.config,
      image: input.image,
      planned_at: input.now,
      created_by: by,
    })
    return made
  }

  async #plan(machine: MachineRow, { config, image, inventory, now }: PlanParts): Promise<MadePlan> {
    const resolved = resolveConfig(config, inventory)
    if (!resolved.ok) throw invalid(resolved.error)
    // The agent is built for Linux and Windows; an illumos system has none to start.
    const options = { agent: inventory.platform === 'linux', now }
    const plan = makePlan({
      machineId: machine.machine_id,
      config,
      resolved: resolved.value,
      inventory,
      image,
      options,
    })
    if (!plan.ok) throw invalid(plan.error.map((problem) => ({ ...problem, ...nowhere })))
    return { planSha256: await planDigest(plan.value), plan: plan.value, config }
  }
}

interface PlanParts {
  readonly config: MachineConfig
  readonly image: ResolvedImage
  readonly inventory: Inventory
  readonly now: Date
}

/** Where a finding about the whole stands. */
const nowhere = { severity: 'error', pointer: '', line: 1, column: 1, end_line: 1, end_column: 1 } as const

function validConfig(check: ConfigCheck): MachineConfig {
  if (check.valid && check.config) return check.config
  throw invalid(check.findings)
}

function invalid(findings: readonly Finding[]): Fault {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new Fault(
    'config-invalid',
    `the config is not valid: ${first?.message ?? 'no reason given'}${more}; see details.findings`,
    {
      details: { findings },
    },
  )
}
