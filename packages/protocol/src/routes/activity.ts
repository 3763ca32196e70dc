import * as z from 'zod/mini'
import { eventSchema } from '../events.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

/** An event with who caused it: a principal's name, or `instcomd` for what it does by itself. */
export const historyEventSchema = z.extend(eventSchema, { actor: z.string() })
export type HistoryEvent = z.infer<typeof historyEventSchema>

const id = z.optional(z.string().check(z.maxLength(128)))

export const activityRoutes = {
  /** Newest first; progress, figures and output only when `types` names them. */
  listEvents: route({
    method: 'GET',
    path: '/api/events/history',
    permission: 'read',
    listener: 'api',
    query: listQuery({ types: z.optional(z.string().check(z.maxLength(512))), machine_id: id, installation_id: id }),
    response: listOf(historyEventSchema),
  }),
}
