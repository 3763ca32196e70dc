import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import { isFault } from '@slipway/base'
import type { GuestService } from './guest-service.ts'
import { guestStore } from './guest-store.ts'
import { guestView, unadoptedView } from './guest-view.ts'
import { readHistory } from './metrics-history.ts'

/** `/api/guests`. */
export function guestRoutes(context: AppContext, service: GuestService): Handlers {
  const { database } = context

  async function findUnadopted(name: string) {
    const [row] = await guestStore
      .unadopted(database, { afterId: '', q: name, limit: 500 })
      .then((rows) => rows.filter((candidate) => candidate.name === name))
    return row ? unadoptedView(row) : null
  }

  return {
    async listGuests({ query }) {
      const filter = { afterId: parseCursor(query.cursor), q: query.q ?? null, limit: query.limit + 1 }
      const { state = null } = query
      const guests = state === 'unadopted' ? [] : await guestStore.list(database, { ...filter, state })
      const others = state === null || state === 'unadopted' ? await guestStore.unadopted(database, filter) : []
      const all = [...guests.map(guestView), ...others.map(unadoptedView)]
      // By code unit, as COLLATE "C" does: ids are ASCII.
      all.sort((a, b) => (a.machine_id < b.machine_id ? -1 : 1))
      const items = all.slice(0, query.limit)
      const last = all.length > query.limit ? items.at(-1) : undefined
      return { items, next_cursor: last ? printCursor(last.machine_id) : null }
    },

    async getGuest({ params }) {
      try {
        return guestView(await service.get(params.id))
      } catch (error) {
        const view = isFault(error, 'not-found') ? await findUnadopted(params.id) : null
        if (view) return view
        throw error
      }
    },

    changeGuest: async ({ params, body, principal }) =>
      guestView(await service.change(params.id, body, principal.name)),

    async getGuestMetrics({ params, query }) {
      const { metrics } = guestView(await service.get(params.id))
      return { machine_id: params.id, latest: metrics, ...(await readHistory(database, params.id, query.seconds)) }
    },

    async runGuestCommand({ params, body, signal }) {
      const input = { command_type: body.command_type, timeoutMs: body.timeout_seconds * 1000 }
      const answer = await service.command(params.id, input, signal)
      return {
        success: answer.success,
        exit_code: answer.exit_code ?? null,
        stdout: answer.stdout ?? '',
        stderr: answer.stderr ?? '',
        execution_time_ms: answer.execution_time_ms ?? null,
        data: answer.data ?? null,
        error: answer.error ?? null,
      }
    },

    setGuestSecret: ({ params, principal }) => service.setSecret(params.id, principal.name),
    resetGuestProtocol: async ({ params, principal }) =>
      guestView(await service.resetProtocol(params.id, principal.name)),

    async updateGuestAgent({ params, principal, signal }) {
      const { version, sha256 } = await service.update(params.id, principal.name, signal)
      return { version, sha256 }
    },

    makeAgentToken: ({ params, principal }) => service.makeToken(params.id, principal.name),
  }
}
