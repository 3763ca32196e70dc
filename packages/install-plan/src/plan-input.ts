import type { Inventory, MachineConfig, ResolvedConfig, ResolvedImage } from '@slipway/protocol'

/** Everything that a plan depends on; two equal inputs give two equal plans. */
export interface PlanInput {
  readonly machineId: string
  /** A config that its check found valid. */
  readonly config: MachineConfig
  readonly resolved: ResolvedConfig
  readonly inventory: Inventory
  readonly image: ResolvedImage
  readonly options: {
    /** Whether the control plane hands out an agent; the config may still say `agent #false`. */
    readonly agent: boolean
    /** Used for `be-<UTC>` on an existing pool and for nothing else. */
    readonly now: Date
  }
}
