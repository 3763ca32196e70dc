import type { Disk, Inventory, MachineConfig, NetworkInterface } from '@slipway/protocol'
import type { ReportFinding } from '../check/report-finding.ts'
import type { CheckOptions } from '../options.ts'

/** What the checks against a machine share. */
export interface MachineCheck {
  readonly config: MachineConfig
  readonly inventory: Inventory
  readonly options: CheckOptions
  readonly report: ReportFinding
  /** By the pointer of each place that names a disk. */
  readonly disks: Map<string, Disk>
  /** By the pointer of each interface. */
  readonly interfaces: Map<string, NetworkInterface>
}
