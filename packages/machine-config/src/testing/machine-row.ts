import type { Inventory } from '@slipway/protocol'
import type { CheckOptions } from '../options.ts'
import type { FindingRow } from './finding-row.ts'

/** A mistake that only the machine shows; `cure` is a part of the cure. */
export interface MachineRow extends FindingRow {
  readonly machine: Partial<Inventory>
  readonly options?: CheckOptions
  readonly cure?: string
}
