import * as z from 'zod/mini'
import { runAsSchema, timeoutSecondsSchema } from '../script.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

const id = z.string().check(z.minLength(1), z.maxLength(128))
const time = z.string().check(z.maxLength(64))

/** When a schedule runs. `cron` has five fields; `time_zone` is an IANA name. */
export const scheduleTimingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('immediate') }),
  z.strictObject({ kind: z.literal('at'), at: time }),
  z.strictObject({
    kind: z.literal('every'),
    interval_minutes: z.int().check(z.minimum(1), z.maximum(5_256_000)),
    /** First run; now unless given. */
    from: z.optional(time),
    max_executions: z.optional(z.int().check(z.minimum(1), z.maximum(1_000_000_000))),
  }),
  z.strictObject({
    kind: z.literal('cron'),
    cron: z.string().check(z.minLength(9), z.maxLength(128)),
    time_zone: z._default(z.string().check(z.maxLength(64)), 'UTC'),
    max_executions: z.optional(z.int().check(z.minimum(1), z.maximum(1_000_000_000))),
  }),
])
export type ScheduleTiming = z.infer<typeof scheduleTimingSchema>

/** Any of: named machines, machines with one of the tags, machines that match a search. */
export const scheduleTargetsSchema = z.strictObject({
  machine_ids: z.optional(z.array(id).check(z.maxLength(10_000))),
  tags: z.optional(z.array(z.string().check(z.maxLength(64))).check(z.maxLength(64))),
  query: z.optional(z.string().check(z.maxLength(128))),
})

const jitterSeconds = z.int().check(z.minimum(0), z.maximum(86_400))
const machineCount = z.int().check(z.minimum(1), z.maximum(10_000))
const canary = z.int().check(z.minimum(0), z.maximum(10_000))

const settings = {
  name: z.string().check(z.minLength(1), z.maxLength(128)),
  input_values: z._default(z.record(z.string(), z.unknown()), {}),
  run_as: z.optional(runAsSchema),
  timeout_seconds: z.optional(timeoutSecondsSchema),
  timing: scheduleTimingSchema,
  targets: scheduleTargetsSchema,
  enabled: z._default(z.boolean(), true),
  on_failure: z._default(z.enum(['continue', 'stop']), 'continue'),
  /** What becomes of runs whose time passed while the machine was off-line. */
  missed: z._default(z.enum(['skip', 'run_once', 'catch_up']), 'run_once'),
  /** Each machine's run is put off by a random part of this. */
  jitter_seconds: z._default(jitterSeconds, 0),
  /** Machines of one round that run at the same time; null: all. */
  max_parallel: z._default(z.nullable(machineCount), null),
  /** Machines that run first and alone; the others follow when all of them succeeded. */
  canary: z._default(canary, 0),
  /** Failures of one round after which the rest of it is cancelled and the schedule is disabled. */
  stop_after_failures: z._default(z.nullable(machineCount), null),
}

export const scheduleSchema = z.object({
  ...settings,
  id: z.string(),
  script_id: z.string(),
  script_name: z.string(),
  next_run_at: z.nullable(z.string()),
  last_run_at: z.nullable(z.string()),
  execution_count: z.int(),
  missed_count: z.int(),
  /** Why it does not run any more; null while it does. */
  ended: z.nullable(z.string()),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Schedule = z.infer<typeof scheduleSchema>

const params = z.strictObject({ id })

export const scheduleRoutes = {
  listSchedules: route({
    method: 'GET',
    path: '/api/schedules',
    permission: 'read',
    listener: 'api',
    query: listQuery({ script_id: z.optional(id), machine_id: z.optional(id) }),
    response: listOf(scheduleSchema),
  }),
  addSchedule: route({
    method: 'POST',
    path: '/api/schedules',
    permission: 'operate',
    listener: 'api',
    status: 201,
    body: z.strictObject({ script_id: id, ...settings }),
    response: scheduleSchema,
  }),
  getSchedule: route({
    method: 'GET',
    path: '/api/schedules/:id',
    permission: 'read',
    listener: 'api',
    params,
    response: scheduleSchema,
  }),
  changeSchedule: route({
    method: 'PATCH',
    path: '/api/schedules/:id',
    permission: 'operate',
    listener: 'api',
    params,
    body: z.strictObject({
      name: z.optional(settings.name),
      input_values: z.optional(z.record(z.string(), z.unknown())),
      timing: z.optional(scheduleTimingSchema),
      targets: z.optional(scheduleTargetsSchema),
      enabled: z.optional(z.boolean()),
      on_failure: z.optional(z.enum(['continue', 'stop'])),
      missed: z.optional(z.enum(['skip', 'run_once', 'catch_up'])),
      /** null: the script's own. */
      run_as: z.optional(z.nullable(runAsSchema)),
      timeout_seconds: z.optional(z.nullable(timeoutSecondsSchema)),
      jitter_seconds: z.optional(jitterSeconds),
      max_parallel: z.optional(z.nullable(machineCount)),
      canary: z.optional(canary),
      stop_after_failures: z.optional(z.nullable(machineCount)),
    }),
    response: scheduleSchema,
  }),
  removeSchedule: route({
    method: 'DELETE',
    path: '/api/schedules/:id',
    permission: 'operate',
    listener: 'api',
    status: 204,
    params,
    response: z.null(),
  }),
}
