import type { AppContext } from '../app-context.ts'
import type { GuestLinks } from '../guests/guest-links.ts'
import type { Handlers } from '../http/handler.ts'
import { scheduleRoutes } from '../schedules/routes.ts'
import { Scheduler } from '../schedules/scheduler.ts'
import { ScheduleService } from '../schedules/service.ts'
import { scriptRoutes } from '../scripts/routes.ts'
import { ScriptService } from '../scripts/service.ts'
import { ExecutionRunner } from './execution-runner.ts'
import { scriptExecutionRoutes } from './routes.ts'
import { ExecutionService } from './service.ts'

/** The nouns `scripts`, `script-executions` and `schedules` as the rest of the program sees them. */
export interface Scripts {
  readonly scripts: ScriptService
  readonly executions: ExecutionService
  readonly schedules: ScheduleService
  readonly runner: ExecutionRunner
  readonly handlers: Handlers
  start(): Promise<void>
  stop(): Promise<void>
}

/** Builds the library, its executions on the guests of these links, and schedules; nothing runs before `start`. */
export function makeScripts(context: AppContext, links: GuestLinks): Scripts {
  const scripts = new ScriptService(context)
  const runner = new ExecutionRunner(context, links)
  const executions = new ExecutionService({ context, links, runner })
  const scheduler = new Scheduler(context, executions, runner)
  const schedules = new ScheduleService({ context, scripts, executions, runner, scheduler })
  return {
    scripts,
    executions,
    schedules,
    runner,
    handlers: {
      ...scriptRoutes(scripts),
      ...scriptExecutionRoutes(context, { scripts, executions, schedules, wakes: runner.wakes }),
      ...scheduleRoutes(schedules),
    },
    async start() {
      await runner.start()
      scheduler.start()
    },
    async stop() {
      await scheduler.stop()
      await runner.stop()
    },
  }
}
