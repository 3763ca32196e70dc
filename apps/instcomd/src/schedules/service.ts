import { Fault, makeId } from '@slipway/base'
import type { Schedule, scheduleRoutes, Script } from '@slipway/protocol'
import type { z } from 'zod'
import type { AppContext } from '../app-context.ts'
import { executionEvent } from '../script-executions/execution-event.ts'
import type { NewExecution } from '../script-executions/execution-row.ts'
import type { ExecutionRunner } from '../script-executions/execution-runner.ts'
import { tellInstances } from '../script-executions/hints.ts'
import type { ExecutionWish } from '../script-executions/make-executions.ts'
import type { ExecutionService } from '../script-executions/service.ts'
import { checkInputs } from '../scripts/check-inputs.ts'
import { invalidScript, type ScriptService } from '../scripts/service.ts'
import { checkCron } from './cron-times.ts'
import { makeRound } from './make-round.ts'
import { firstRun, followingRun, mostRuns, nextAfter } from './next-run.ts'
import { roundStore } from './round-store.ts'
import type { Scheduler } from './scheduler.ts'
import { openInputs, sealInputs } from './sealed-inputs.ts'
import { scheduleStore, type NewSchedule, type ScheduleFilter, type ScheduleRow } from './store.ts'

type AddBody = z.output<typeof scheduleRoutes.addSchedule.body>
type ChangeBody = z.output<typeof scheduleRoutes.changeSchedule.body>

export interface ScheduleServiceDeps {
  readonly context: AppContext
  readonly scripts: ScriptService
  readonly executions: ExecutionService
  readonly runner: ExecutionRunner
  readonly scheduler: Scheduler
}

/** Rules of schedules as people make and change them. */
export class ScheduleService {
  readonly #deps: ScheduleServiceDeps

  constructor(deps: ScheduleServiceDeps) {
    this.#deps = deps
  }

  /** Throws `not-found`. */
  async get(id: string): Promise<ScheduleRow> {
    const row = await scheduleStore.read(this.#deps.context.database, id)
    if (row) return row
    throw notFound(id)
  }

  list(filter: ScheduleFilter): Promise<ScheduleRow[]> {
    return scheduleStore.list(this.#deps.context.database, filter)
  }

  /** Throws `script-invalid` for inputs, `invalid-request` for times and targets, `not-found`. */
  async add(body: AddBody, by: string): Promise<ScheduleRow> {
    const { context, scripts, executions, scheduler } = this.#deps
    const script = await scripts.get(body.script_id)
    checkTiming(body.timing)
    checkTargets(body.targets)
    await executions.ensureMachines(body.targets.machine_ids ?? [])
    const id = makeId('sched')
    const row: NewSchedule = {
      id,
      name: body.name,
      script_id: script.id,
      script_name: script.name,
      timing: body.timing,
      targets: body.targets,
      ...this.#inputs(id, script, body.input_values),
      run_as: body.run_as ?? null,
      timeout_seconds: body.timeout_seconds ?? null,
      enabled: body.enabled,
      on_failure: body.on_failure,
      missed: body.missed,
      jitter_seconds: body.jitter_seconds,
      max_parallel: body.max_parallel,
      canary: body.canary,
      stop_after_failures: body.stop_after_failures,
      next_run_at: firstRun(body.timing, new Date()),
      ended: null,
      created_by: by,
    }
    await context.database.transaction(async (tx) => {
      await scheduleStore.insert(tx, row)
      await tellInstances(tx, 'schedules')
    })
    scheduler.wake()
    return this.get(id)
  }

  /** A repeating run of the published single-row form: a schedule whose first round is made with it. */
  async repeat(
    wish: ExecutionWish,
    every: { minutes: number; most: number | null },
  ): Promise<{ rows: NewExecution[]; scheduleId: string }> {
    const { context, executions, runner, scheduler } = this.#deps
    const machineIds = [...new Set(wish.machineIds)]
    await executions.ensureMachines(machineIds)
    const first = wish.scheduledFor ?? new Date()
    const timing = {
      kind: 'every' as const,
      interval_minutes: every.minutes,
      from: first.toISOString(),
      ...(every.most === null ? {} : { max_executions: every.most }),
    }
    const id = makeId('sched')
    const schedule: NewSchedule = {
      id,
      name: `${wish.script.name} every ${every.minutes} min`.slice(0, 128),
      script_id: wish.script.id,
      script_name: wish.script.name,
      timing,
      targets: { machine_ids: machineIds },
      ...this.#inputs(id, wish.script, wish.inputValues, wish.env),
      run_as: wish.runAs,
      timeout_seconds: wish.timeoutSeconds,
      enabled: every.most !== 1,
      on_failure: 'continue',
      missed: 'run_once',
      jitter_seconds: 0,
      max_parallel: null,
      canary: 0,
      stop_after_failures: null,
      next_run_at: every.most === 1 ? null : followingRun(timing, first),
      ended: every.most === 1 ? 'maxExecutions reached' : null,
      created_by: wish.createdBy,
    }
    const rows = makeRound(context.secrets, { schedule, script: wish.script, machineIds, at: first, round: 1 })
    const claimed = await context.database.transaction(async (tx) => {
      await scheduleStore.insert(tx, schedule)
      await roundStore.moveOn(tx, id, { next: schedule.next_run_at, lastRun: first, runs: 1, missed: 0, ended: null })
      await tellInstances(tx, 'schedules')
      return executions.createIn(tx, rows)
    })
    runner.created(rows, claimed)
    scheduler.wake()
    return { rows, scheduleId: id }
  }

  /** What is left out stays. A new timing begins anew: its runs are counted from zero. */
  async change(id: string, body: ChangeBody): Promise<ScheduleRow> {
    const { context, scripts, executions, scheduler } = this.#deps
    const before = await this.get(id)
    if (body.timing) checkTiming(body.timing)
    if (body.targets) checkTargets(body.targets)
    await executions.ensureMachines(body.targets?.machine_ids ?? [])
    const { env } = openInputs(context.secrets, id, before.inputs_sealed)
    const inputs = body.input_values
      ? this.#inputs(id, await scripts.get(before.script_id), body.input_values, env)
      : {}
    await context.database.transaction(async (tx) => {
      const row = await scheduleStore.lock(tx, id)
      if (!row) throw notFound(id)
      const changed = { ...row, ...body, ...inputs, ...nextState(row, body) }
      await scheduleStore.change(tx, id, changed)
      await tellInstances(tx, 'schedules')
    })
    scheduler.wake()
    return this.get(id)
  }

  async remove(id: string): Promise<void> {
    const { database, appendEvent } = this.#deps.context
    await database.transaction(async (tx) => {
      if (!(await scheduleStore.remove(tx, id))) throw notFound(id)
      const held = await roundStore.cancelHeld(tx, id)
      await appendEvent(
        tx,
        held.map((row) => executionEvent('scripts.completed', row, { exit_code: null })),
      )
    })
  }

  #inputs(
    id: string,
    script: Script,
    values: Readonly<Record<string, unknown>>,
    env?: Readonly<Record<string, string>>,
  ) {
    const checked = checkInputs(script, values)
    if (checked.findings.length > 0) throw invalidScript(`the inputs of ${script.name} are not valid`, checked.findings)
    const sealed = sealInputs(this.#deps.context.secrets, id, {
      values: { ...values },
      ...(env ? { env: { ...env } } : {}),
    })
    return { input_values: { ...checked.shown }, inputs_sealed: sealed }
  }
}

/** Timing, whether it runs, and its next time after a change. */
function nextState(row: ScheduleRow, body: ChangeBody) {
  const now = new Date()
  const { timing = row.timing, enabled = body.timing ? true : row.enabled } = body
  const execution_count = body.timing ? 0 : row.execution_count
  if (!enabled) return { timing, enabled, execution_count, next_run_at: row.next_run_at, ended: row.ended }
  if (!body.timing && row.enabled)
    return { timing, enabled, execution_count, next_run_at: row.next_run_at, ended: null }
  if (execution_count >= mostRuns(timing))
    throw new Fault('conflict', `schedule ${row.name} has made all its runs; give it a new timing to start it again`)
  const first = body.timing ? firstRun(timing, now) : (row.next_run_at ?? firstRun(timing, now))
  // What passed while it was disabled was not missed: nobody wanted it.
  const next_run_at = body.timing || first === null ? first : (nextAfter(timing, first, now) ?? first)
  return { timing, enabled, execution_count, next_run_at, ended: null }
}

function checkTiming(timing: Schedule['timing']): void {
  if (timing.kind === 'cron') checkCron(timing.cron, timing.time_zone, new Date())
  else firstRun(timing, new Date())
}

function checkTargets({ machine_ids = [], tags = [], query = '' }: Schedule['targets']): void {
  if (machine_ids.length + tags.length > 0 || query !== '') return
  throw new Fault('invalid-request', 'targets name nothing; give machine_ids, tags or a query')
}

function notFound(id: string): Fault {
  return new Fault('not-found', `there is no schedule ${id}`, { details: { schedule_id: id } })
}
