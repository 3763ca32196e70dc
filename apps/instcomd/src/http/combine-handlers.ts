import { Fault } from '@slipway/base'
import { routes, type Listener, type RouteName } from '@slipway/protocol'
import type { Handlers } from './handler.ts'

/** Served by a route of its own: an upgrade, a stream of another kind, or an answer with a cookie. */
export const routesWithoutHandler: ReadonlySet<RouteName> = new Set<RouteName>([
  'events',
  'openSession',
  'closeSession',
])

/** Joins the nouns' handlers. Throws `internal` for a route that two nouns handle, or none. */
export function combineHandlers(parts: readonly Handlers[]): Handlers {
  const names = parts.flatMap((part) => Object.keys(part))
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  const missing = routeNames().filter((name) => !routesWithoutHandler.has(name) && !names.includes(name))
  if (twice.length > 0) throw new Fault('internal', `routes with two handlers: ${twice.join(', ')}`)
  if (missing.length > 0) throw new Fault('internal', `routes without a handler: ${missing.join(', ')}`)
  return Object.assign({}, ...parts)
}

/** The names of all routes, or of one listener's. */
export function routeNames(listener?: Listener): RouteName[] {
  const names = Object.keys(routes) as RouteName[] // the keys of a constant object are its names
  return listener === undefined ? names : names.filter((name) => routes[name].listener === listener)
}
