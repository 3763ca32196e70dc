import { planSchema } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import { planStore } from '../plans/store.ts'
import type { Confirmation } from './confirmation.ts'
import { followLogs } from './follow-logs.ts'
import { installationView, progressView, timelineView } from './installation-view.ts'
import type { RunLog } from './run-log.ts'
import type { InstallationService } from './service.ts'
import { installationStore } from './store.ts'

/** `/api/install`. */
export function installationRoutes(
  context: AppContext,
  parts: { service: InstallationService; confirmation: Confirmation; log: RunLog },
): Handlers {
  const { service, confirmation, log } = parts
  return {
    async install(call) {
      const { machine_id: machineId, kdl, plan_sha256: planSha256, claim_id: claimId } = call.body
      const { idempotencyKey } = call
      return { installation_id: await service.install({ machineId, kdl, planSha256, claimId, idempotencyKey }, call) }
    },

    async listInstallations({ query }) {
      const { machine_id: machineId, status, limit } = query
      const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(parseCursor(query.cursor))
      const rows = await service.list({ machineId, status, limit: limit + 1, before })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { items: page.map(installationView), next_cursor: last ? printCursor(String(last.position)) : null }
    },

    getInstallation: async ({ params }) => installationView(await service.get(params.id)),
    getProgress: async ({ params }) => progressView(await service.get(params.id)),

    async getLogs({ params, query, signal }) {
      await service.get(params.id)
      const { after, level } = query
      return followLogs(context.database, log, {
        installationId: params.id,
        after,
        level,
        follow: query.follow === 'true',
        signal,
      })
    },

    async getTimeline({ params }) {
      const row = await service.get(params.id)
      const plan = await planStore.read(context.database, row.plan_sha256)
      const steps = await installationStore.steps(context.database, params.id)
      return { steps: plan ? timelineView(planSchema.parse(JSON.parse(plan.plan_json)), steps) : [] }
    },

    cancelInstallation: async (call) =>
      progressView(await service.stop(call.params.id, 'cancel', call.body?.claim_id, call)),
    rollbackInstallation: async (call) =>
      progressView(await service.stop(call.params.id, 'rollback', call.body?.claim_id, call)),
    resumeInstallation: async (call) => progressView(await service.resume(call.params.id, call.body?.claim_id, call)),
    reportBooted: ({ params, body }) => confirmation.report(params.id, body),
  }
}
