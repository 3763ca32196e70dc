import { configRoutes } from './configs.ts'
import { guestRoutes } from './guests.ts'
import { installationRoutes } from './installations.ts'
import { machineRoutes } from './machines.ts'
import { systemRoutes } from './system.ts'

/** What people and programs call on `server.port`; the client is made from it. */
export const apiRoutes = {
  ...machineRoutes,
  ...configRoutes,
  ...installationRoutes,
  ...guestRoutes,
  ...systemRoutes,
}

export type ApiRouteName = keyof typeof apiRoutes
