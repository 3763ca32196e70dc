import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import { scheduleView } from './schedule-view.ts'
import type { ScheduleService } from './service.ts'

/** `/api/schedules`. */
export function scheduleRoutes(service: ScheduleService): Handlers {
  return {
    async listSchedules({ query }) {
      const { limit, script_id: scriptId, machine_id: machineId } = query
      const rows = await service.list({ scriptId, machineId, limit: limit + 1, afterId: parseCursor(query.cursor) })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { items: page.map(scheduleView), next_cursor: last ? printCursor(last.id) : null }
    },
    addSchedule: async ({ body, principal }) => scheduleView(await service.add(body, principal.name)),
    getSchedule: async ({ params }) => scheduleView(await service.get(params.id)),
    changeSchedule: async ({ params, body }) => scheduleView(await service.change(params.id, body)),
    async removeSchedule({ params }) {
      await service.remove(params.id)
      return null
    },
  }
}
