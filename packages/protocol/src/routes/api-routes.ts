import { activityRoutes } from './activity.ts'
import { certificateRoutes } from './certificates.ts'
import { configRoutes } from './configs.ts'
import { guestRoutes } from './guests.ts'
import { installBatchRoutes } from './install-batches.ts'
import { installationRoutes } from './installations.ts'
import { machineRoutes } from './machines.ts'
import { scheduleRoutes } from './schedules.ts'
import { scriptExecutionRoutes } from './script-executions.ts'
import { scriptRoutes } from './scripts.ts'
import { sessionRoutes } from './sessions.ts'
import { systemRoutes } from './system.ts'

/** What people and programs call on `server.port`; the client is made from it. */
export const apiRoutes = {
  ...machineRoutes,
  ...configRoutes,
  ...installationRoutes,
  ...installBatchRoutes,
  ...guestRoutes,
  ...scriptRoutes,
  ...scriptExecutionRoutes,
  ...scheduleRoutes,
  ...activityRoutes,
  ...certificateRoutes,
  ...sessionRoutes,
  ...systemRoutes,
}

export type ApiRouteName = keyof typeof apiRoutes
