import { err, ok, type Result } from '@slipway/base'
import type { Plan, Step } from '@slipway/protocol'
import { bootSteps } from './boot-steps.ts'
import { checkInput } from './check-input.ts'
import { filesystemSteps, partitionSteps, wipeSteps } from './disk-steps.ts'
import { type Layout, makeLayout } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import type { PlanProblem } from './plan-problem.ts'
import { illumosDatasetSteps, linuxDatasetSteps, poolSteps } from './pool-steps.ts'
import { targetSteps } from './target-steps.ts'

/**
 * Plans an installation: ordered steps as data, with what each reads, writes, destroys and how it is taken back.
 * Pure and deterministic. Sizes in bytes. Fails with every problem at once (`planProblemCodes`) where executing would
 * be wrong or cannot succeed. Source: machines.md, "Plan".
 *
 * Pools and datasets are named as they are while installing (`temporary_name` where there is one) in every step but
 * two: `create-pool` gives both names, and `install-bootloader` says what boots, so its root has the lasting name.
 */
export function makePlan(input: PlanInput): Result<Plan, PlanProblem[]> {
  const problems = checkInput(input)
  if (problems.length > 0) return err(problems)
  const layout = makeLayout(input)
  return ok({
    version: 1,
    machine_id: input.machineId,
    platform: input.inventory.platform,
    image: { reference: input.image.reference, digest: input.image.digest, bytes: input.image.bytes_total },
    boot_environment: layout.bootEnvironment,
    root: layout.root,
    reboot: input.config.reboot,
    steps: [...storageSteps(layout, input), ...targetSteps(layout, input), ...bootSteps(layout, input)],
  })
}

function storageSteps(layout: Layout, input: PlanInput): Step[] {
  const datasets =
    input.inventory.platform === 'illumos' ? illumosDatasetSteps(layout, input) : linuxDatasetSteps(layout)
  return [
    ...wipeSteps(input),
    ...partitionSteps(layout),
    ...filesystemSteps(layout),
    ...poolSteps(layout, input),
    ...datasets,
  ]
}
