import type { Inventory, MachineConfig } from '@slipway/protocol'
import type { ReportFinding } from '../check/report-finding.ts'
import type { CheckOptions } from '../options.ts'
import { checkAddressUse } from './check-address-use.ts'
import { checkDisks } from './check-disks.ts'
import { checkInterfacesThere } from './check-interfaces-there.ts'
import { checkMachineFits } from './check-machine-fits.ts'
import { checkPoolsThere } from './check-pools-there.ts'
import { checkSizes } from './check-sizes.ts'
import type { MachineCheck } from './machine-check.ts'

/** Checks a config against a machine and returns what its names mean there. */
export function checkAgainstMachine(
  config: MachineConfig,
  options: CheckOptions & { readonly inventory: Inventory },
  report: ReportFinding,
): MachineCheck {
  const { inventory } = options
  const check: MachineCheck = { config, inventory, options, report, disks: new Map(), interfaces: new Map() }
  // INVARIANT: disks and interfaces are found before anything asks what they are.
  checkDisks(check)
  checkInterfacesThere(check)
  checkSizes(check)
  checkPoolsThere(check)
  checkMachineFits(check)
  checkAddressUse(check)
  return check
}
