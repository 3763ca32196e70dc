import type * as z from 'zod/mini'

/** Permissions that routes name (security.md): each role contains those before it; `open` needs no token. */
export const permissions = ['open', 'read', 'operate', 'administer'] as const
export type Permission = (typeof permissions)[number]

/** Which listener serves a route: `api` (server.port), `machine` (server.machine_port), or both. */
export type Listener = 'api' | 'machine'

/** One REST route. Schemas are strict: unknown keys are refused. `response` is the JSON body of success. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` parameters. */
  readonly path: string
  readonly permission: Permission
  readonly listener: Listener
  readonly params?: z.ZodMiniType
  readonly query?: z.ZodMiniType
  readonly body?: z.ZodMiniType
  readonly response: z.ZodMiniType
  /** Status of success; 200 unless given. */
  readonly status?: 200 | 201 | 202 | 204
  /** Media type of a streamed answer; then `response` is the schema of one line or event. */
  readonly stream?: 'application/x-ndjson' | 'text/event-stream'
}

/** Keeps the literal types of one route. */
export function route<const R extends Route>(definition: R): R {
  return definition
}
