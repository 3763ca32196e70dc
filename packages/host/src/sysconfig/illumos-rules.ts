import type { SysconfigConfig } from '@slipway/protocol'
import { emptyPlan, type SysconfigFacts, type SysconfigPlan } from './sysconfig-plan.ts'
export function planIllumos(_config: SysconfigConfig, _facts: SysconfigFacts): SysconfigPlan {
  return emptyPlan
}
