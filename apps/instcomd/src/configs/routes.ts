import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import type { ConfigService } from './service.ts'
import { keptConfig } from './store.ts'

/** `/api/configs`. */
export function configRoutes(service: ConfigService): Handlers {
  return {
    checkConfig: ({ body, principal, signal }) =>
      service.check(body.kdl, body.machine_id, { name: principal.name, signal }),

    async listKeptConfigs({ query }) {
      const { machine_id = null, limit } = query
      const rows = await service.list({ machineId: machine_id, before: parseCursor(query.cursor), limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { items: page.map(keptConfig), next_cursor: last ? printCursor(last.id) : null }
    },

    async getKeptConfig({ params }) {
      const row = await service.kept(params.id)
      return { ...keptConfig(row), kdl: row.kdl }
    },
  }
}
