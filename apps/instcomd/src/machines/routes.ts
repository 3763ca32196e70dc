import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { installationStore } from '../installations/store.ts'
import { parseCursor, printCursor } from './cursor.ts'
import { claimView, machineView } from './machine-view.ts'
import type { MachineService } from './service.ts'

/** A hardware page is worth a question to the machine when the last answer is older; milliseconds. */
const inventoryMaxAgeMs = 5000

/** Enters a guest as a machine and returns its id. */
type AdoptGuest = (input: { id: string | undefined; name: string; actor: string }) => Promise<string>

/** `/api/machines`, apart from claims. */
export function machineRoutes(context: AppContext, service: MachineService, adopt: AdoptGuest): Handlers {
  return {
    async listMachines({ query }) {
      const kinds = query.kind?.split(',').filter((kind) => kind !== '') ?? []
      const { status, q, limit } = query
      const rows = await service.list({ status, kinds, q, limit: limit + 1, afterId: parseCursor(query.cursor) })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { items: page.map(machineView), next_cursor: last ? printCursor(last.machine_id) : null }
    },

    async addMachine({ body, principal, signal }) {
      if (!('address' in body))
        return machineView(await service.get(await adopt({ id: body.id, name: body.name, actor: principal.name })))
      const port = body.port ?? context.configuration.machined.default_port
      return machineView(await service.add({ address: body.address, port, actor: principal.name, signal }))
    },

    getMachine: async ({ params }) => machineView(await service.get(params.machine_id)),

    async getMachineStatus({ params }) {
      const row = await service.get(params.machine_id)
      const running = row.installation_id ? await installationStore.read(context.database, row.installation_id) : null
      return {
        status: row.shown_status,
        claim: claimView(row),
        installation: running ? { installation_id: running.installation_id, status: running.state } : null,
        last_seen: row.last_seen?.toISOString() ?? null,
      }
    },

    async getMachineInventory({ params, signal }) {
      return service.lastInventory(await service.get(params.machine_id), { maxAgeMs: inventoryMaxAgeMs, signal })
    },
  }
}
