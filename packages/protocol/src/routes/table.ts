import { apiRoutes } from './api-routes.ts'
import { agentListenerRoutes, machineListenerRoutes } from './machine-listener.ts'

/** Every REST route of the product, once; server and OpenAPI are made from it. */
export const routes = { ...apiRoutes, ...machineListenerRoutes, ...agentListenerRoutes }

export type RouteName = keyof typeof routes
