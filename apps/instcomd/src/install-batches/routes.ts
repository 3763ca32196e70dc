import type { InstallBatch } from '@slipway/protocol'
import type { Handlers } from '../http/handler.ts'
import { installationView } from '../installations/installation-view.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import type { InstallBatchService } from './service.ts'
import type { BatchRow } from './store.ts'

/** `/api/install-batches`. */
export function installBatchRoutes(service: InstallBatchService): Handlers {
  return {
    checkInstallBatch: (call) => service.check(call.body, call),
    addInstallBatch: async (call) => batchView(await service.add(call.body, call)),

    async listInstallBatches({ query: { limit, cursor } }) {
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(parseCursor(cursor))
      const rows = await service.list({ before, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { items: page.map(batchView), next_cursor: last ? printCursor(String(last.position)) : null }
    },

    async getInstallBatch({ params }) {
      const row = await service.get(params.id)
      const machines = (await service.machines(params.id)).map((each) => ({
        machine_id: each.machine_id,
        values: each.values,
        installation: installationView(each),
      }))
      return { ...batchView(row), kdl: row.kdl, machines }
    },

    cancelInstallBatch: async (call) => batchView(await service.cancel(call.params.id, call)),
  }
}

function batchView({ id, name, created_by, created_at, states }: BatchRow): InstallBatch {
  const machines_total = Object.values(states).reduce((sum, count) => sum + count, 0)
  return { id, name, created_by, created_at: created_at.toISOString(), states, machines_total }
}
