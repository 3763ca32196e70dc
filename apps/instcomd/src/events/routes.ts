import { Fault } from '@slipway/base'
import type { Database } from '../database/database.ts'
import type { Handlers } from '../http/handler.ts'
import { expiringTypes } from './event-row.ts'
import { readHistory } from './store.ts'
import { parseTypes } from './type-filter.ts'

/** `GET /api/events/history`. */
export function historyRoutes(database: Database): Handlers {
  return {
    async listEvents({ query }) {
      const named = parseTypes(query.types)
      const types = query.types ? named : new Set([...named].filter((type) => !expiringTypes.has(type)))
      const items = await readHistory(database, {
        before: readBefore(query.cursor),
        types,
        machineId: query.machine_id ?? null,
        installationId: query.installation_id ?? null,
        limit: query.limit,
      })
      return { items, next_cursor: items.length === query.limit ? String(items.at(-1)?.seq ?? 0) : null }
    },
  }
}

/** The cursor is the last number of the page before. */
function readBefore(cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new Fault('invalid-request', 'cursor is not one that a list gave; leave it out to start over')
}
