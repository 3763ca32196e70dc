import type { AppContext } from '../app-context.ts'
import type { ConfigService } from '../configs/service.ts'
import type { Handlers } from '../http/handler.ts'
import type { MachineService } from '../machines/service.ts'
import type { PlanService } from './service.ts'

/** `POST /api/plans`. */
export function planRoutes(
  context: AppContext,
  plans: PlanService,
  machines: MachineService,
  configs: ConfigService,
): Handlers {
  return {
    async makePlan({ body, principal, signal }) {
      const machine = await machines.get(body.machine_id)
      const made = await plans.make(machine, body.kdl, { name: principal.name, signal })
      await configs.keep(context.database, {
        machineId: machine.machine_id,
        kdl: body.kdl,
        reason: 'planned',
        by: principal.name,
      })
      return { plan_sha256: made.planSha256, plan: made.plan }
    },
  }
}
