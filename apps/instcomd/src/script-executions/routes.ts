import { Fault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCursor, printCursor } from '../machines/cursor.ts'
import type { ScheduleService } from '../schedules/service.ts'
import { parseTime } from '../schedules/parse-time.ts'
import type { ScriptService } from '../scripts/service.ts'
import { followOutput } from './follow-output.ts'
import type { OutputWakes } from './output-wakes.ts'
import type { ExecutionService } from './service.ts'

export interface ExecutionRouteParts {
  readonly scripts: ScriptService
  readonly executions: ExecutionService
  readonly schedules: ScheduleService
  readonly wakes: OutputWakes
}

/** `/api/script-executions`. */
export function scriptExecutionRoutes(context: AppContext, parts: ExecutionRouteParts): Handlers {
  const { scripts, executions, schedules, wakes } = parts
  return {
    async addScriptExecutions({ body, principal }) {
      const script = await scripts.get(body.script_id)
      const scheduledFor = body.scheduled_for === undefined ? null : parseTime(body.scheduled_for, 'scheduled_for')
      const wish = {
        script,
        machineIds: body.machine_ids,
        inputValues: body.input_values,
        ...(body.env ? { env: body.env } : {}),
        ...(body.order === undefined ? {} : { order: body.order }),
        executionType: body.execution_type ?? (scheduledFor ? 'SCHEDULED' : 'ON_DEMAND'),
        runAs: body.run_as ?? null,
        timeoutSeconds: body.timeout_seconds ?? null,
        scheduledFor,
        createdBy: principal.name,
      } as const
      const { repeat_interval_minutes: minutes, max_executions: most } = body
      if (minutes === undefined && most !== undefined)
        throw new Fault(
          'invalid-request',
          'max_executions needs repeat_interval_minutes; without it a script runs once',
        )
      const made =
        minutes === undefined
          ? { rows: await executions.create(wish), scheduleId: null }
          : await schedules.repeat(wish, { minutes, most: most ?? null })
      return {
        executions: made.rows.map(({ id, machineId }) => ({ id, machine_id: machineId, status: 'PENDING' as const })),
        schedule_id: made.scheduleId,
      }
    },

    async listScriptExecutions({ query }) {
      const { limit } = query
      const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(parseCursor(query.cursor))
      if (!Number.isSafeInteger(before))
        throw new Fault('invalid-request', 'cursor is not one that this list gave; leave it out to start over')
      const found = await executions.list({
        machineId: query.machine_id,
        scriptId: query.script_id,
        scheduleId: query.schedule_id,
        status: query.status,
        limit: limit + 1,
        before,
      })
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      return { items: page.map(({ view }) => view), next_cursor: last ? printCursor(String(last.position)) : null }
    },

    getScriptExecution: ({ params }) => executions.get(params.id),

    async getScriptExecutionOutput({ params, query, signal }) {
      await executions.get(params.id)
      const { stream = null, follow } = query
      return followOutput(context.database, wakes, {
        executionId: params.id,
        stream,
        follow: follow === 'true',
        signal,
      })
    },

    cancelScriptExecution: ({ params, principal }) => executions.cancel(params.id, principal.name),
  }
}
