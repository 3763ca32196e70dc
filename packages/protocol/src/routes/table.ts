import { configRoutes } from './configs.ts'
import { installationRoutes } from './installations.ts'
import { machineRoutes } from './machines.ts'
import { systemRoutes } from './system.ts'

/** Every REST route of the product, once; server, client and OpenAPI are made from it. */
export const routes = { ...machineRoutes, ...configRoutes, ...installationRoutes, ...systemRoutes }

export type RouteName = keyof typeof routes
