import type { Host } from '@slipway/host'
import type { Inventory } from '@slipway/protocol'
import { makeOneAtATime } from './one-at-a-time.ts'

type Hardware = Pick<Host, 'readInventory'>

/** Reading the hardware asks every disk; one that hangs must not keep the answer for ever. */
const inventoryMs = 120_000

/**
 * Reads the machine's hardware for whoever asks.
 * INVARIANTS
 * - One reading at a time, and none while an installation works on the disks: to look into a pool it is imported for a
 *   moment, which a step would take for its own import, or meet half-way through an export.
 * - Whoever asks meanwhile gets what was read last.
 */
export class InventoryReader {
  readonly #host: Hardware
  readonly #isInstalling: () => boolean
  readonly #inTurn = makeOneAtATime()
  #last: Inventory

  private constructor(host: Hardware, isInstalling: () => boolean, first: Inventory) {
    this.#host = host
    this.#isInstalling = isInstalling
    this.#last = first
  }

  /** Reads for the first time; `isInstalling` is asked only later. Faults: those of reading the hardware. */
  static async open(host: Hardware, isInstalling: () => boolean): Promise<InventoryReader> {
    return new InventoryReader(host, isInstalling, await host.readInventory(AbortSignal.timeout(inventoryMs)))
  }

  get last(): Inventory {
    return this.#last
  }

  read(signal: AbortSignal): Promise<Inventory> {
    return this.#inTurn(async () => {
      if (!this.#isInstalling()) {
        this.#last = await this.#host.readInventory(AbortSignal.any([signal, AbortSignal.timeout(inventoryMs)]))
      }
      return this.#last
    })
  }

  /** Resolves when no reading is under way any more; an installation waits for it before its first look at the disks. */
  settled(): Promise<void> {
    return this.#inTurn(async () => undefined)
  }
}
