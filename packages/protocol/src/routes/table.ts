import { apiRoutes } from './api-routes.ts'
import { machineListenerRoutes } from './machine-listener.ts'

/** Every REST route of the product, once; server and OpenAPI are made from it. */
export const routes = { ...apiRoutes, ...machineListenerRoutes }

export type RouteName = keyof typeof routes
