import type { MachineConfig } from '@slipway/protocol'
import { checkDisksOnce } from './check-disks-once.ts'
import { checkImage } from './check-image.ts'
import { checkInterfaces } from './check-interfaces.ts'
import { checkNames } from './check-names.ts'
import { checkOptions } from './check-options.ts'
import { checkPools } from './check-pools.ts'
import type { ReportFinding } from './report-finding.ts'
import { checkUsers } from './check-users.ts'

/** Checks everything that can be known without a machine; empty strings were reported by the reader and are passed over. */
export function checkMeaning(config: MachineConfig, report: ReportFinding): void {
  checkPools(config, report)
  checkDisksOnce(config, report)
  checkOptions(config.pools, report)
  checkImage(config.image, report)
  checkNames(config, report)
  checkInterfaces(config.sysconfig.interfaces, report)
  checkUsers(config.sysconfig.users, report)
}
