import { Fault, isFault, makeId, sha256Hex } from '@slipway/base'
import { checkConfig, type ImageFacts } from '@slipway/machine-config'
import type { ConfigCheck, Inventory, MachineConfig } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import { imageFacts, type ImageService } from '../images/service.ts'
import type { MachineService } from '../machines/service.ts'
import type { MachineRow } from '../machines/store.ts'
import type { AddressProbes, AddressUse } from './address-probes.ts'
import { configStore, type ConfigRow } from './store.ts'

/** A check in an editor must not wait for a slow registry; the plan does. */
const imageWaitMs = 3000
const inventoryMaxAgeMs = 30_000
/** An editor checks at every key; the links are asked again after this time. */
const probesMaxAgeMs = 10_000

/** Checks machine configs and keeps those that were valid for a machine. */
export class ConfigService {
  readonly #context: AppContext
  readonly #machines: MachineService
  readonly #images: ImageService
  readonly #probes: AddressProbes

  constructor(context: AppContext, machines: MachineService, images: ImageService, probes: AddressProbes) {
    this.#probes = probes
    this.#context = context
    this.#machines = machines
    this.#images = images
  }

  /** Checks a text, against a machine where one is named; what a registry does not tell in time is left to the plan. */
  async check(
    kdl: string,
    machineId: string | undefined,
    caller: { name: string; signal: AbortSignal },
  ): Promise<ConfigCheck> {
    if (machineId === undefined) return this.checkWith(kdl, null, null)
    const machine = await this.#machines.get(machineId)
    const inventory = await this.#machines.lastInventory(machine, {
      maxAgeMs: inventoryMaxAgeMs,
      signal: caller.signal,
    })
    const alone = this.checkWith(kdl, inventory, null)
    const check = alone.config
      ? await this.#checkOutside(kdl, { machine, inventory, config: alone.config }, caller)
      : alone
    if (check.valid) await this.keep(this.#context.database, { machineId, kdl, reason: 'checked', by: caller.name })
    this.#context.logger.debug(
      { machine_id: machineId, findings: check.findings.length },
      check.valid ? 'Configuration validated successfully' : 'Configuration has errors',
    )
    return check
  }

  /** What registry and links tell beside the text and the hardware, asked at once. */
  async #checkOutside(
    kdl: string,
    about: { machine: MachineRow; inventory: Inventory; config: MachineConfig },
    { signal }: { signal: AbortSignal },
  ): Promise<ConfigCheck> {
    const { machine, inventory, config } = about
    const [image, use] = await Promise.all([
      this.#imageFacts(config.image, inventory, signal),
      this.#probes.ask(machine, config, { maxAgeMs: probesMaxAgeMs, signal }),
    ])
    return this.checkWith(kdl, inventory, image, use)
  }

  checkWith(kdl: string, inventory: Inventory | null, image: ImageFacts | null, use?: AddressUse): ConfigCheck {
    const registry = this.#context.configuration.default_oci_registry
    return checkConfig(kdl, {
      ...(inventory && { inventory }),
      ...(registry !== null && { defaultRegistry: registry }),
      ...(image && { image }),
      ...use,
    })
  }

  /** Keeps a text that was valid for a machine. */
  async keep(tx: Transaction, config: { machineId: string; kdl: string; reason: string; by: string }): Promise<void> {
    const kdl_sha256 = await sha256Hex(config.kdl)
    const { machineId: machine_id, by: created_by, kdl, reason } = config
    await configStore.keep(tx, { id: makeId('cfg'), machine_id, created_by, kdl, kdl_sha256, reason })
  }

  /** Throws `not-found`. */
  async kept(id: string): Promise<ConfigRow> {
    const row = await configStore.read(this.#context.database, id)
    if (row) return row
    throw new Fault('not-found', `there is no kept config ${id}; GET /api/configs/backups lists them`)
  }

  list(filter: { machineId: string | null; before: string; limit: number }): Promise<ConfigRow[]> {
    return configStore.list(this.#context.database, filter)
  }

  async #imageFacts(reference: string, inventory: Inventory, signal: AbortSignal): Promise<ImageFacts | null> {
    try {
      return imageFacts(
        await this.#images.resolve(reference, inventory, AbortSignal.any([signal, AbortSignal.timeout(imageWaitMs)])),
      )
    } catch (error) {
      signal.throwIfAborted()
      if (isFault(error) || (error instanceof Error && error.name === 'TimeoutError')) return null // the plan says what is wrong with the image
      throw error
    }
  }
}
