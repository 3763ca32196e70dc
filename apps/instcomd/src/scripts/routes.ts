import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import type { ScriptService } from './service.ts'

/** `/api/scripts`. */
export function scriptRoutes(service: ScriptService): Handlers {
  return {
    async listScripts({ query }) {
      const { q, tag, limit } = query
      const found = await service.list({ q, tag, limit: limit + 1, afterName: parseCursor(query.cursor) })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items, next_cursor: last ? printCursor(last.name) : null }
    },
    addScript: ({ body, principal }) => service.add(body, principal.name),
    getScript: ({ params }) => service.get(params.id),
    changeScript: ({ params, body }) => service.change(params.id, body),
    async removeScript({ params }) {
      await service.remove(params.id)
      return null
    },
    async checkScript({ body }) {
      const { valid, script, program, findings } = service.check(body.source, body.input_values)
      return { valid, script, program, findings: [...findings] }
    },
  }
}
