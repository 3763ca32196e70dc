import * as z from 'zod/mini'
import { executionTypes } from '../agent/agent-script.ts'
import { executionStatuses, runAsSchema, timeoutSecondsSchema } from '../script.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

const id = z.string().check(z.minLength(1), z.maxLength(128))
const time = z.string().check(z.maxLength(64))

export const scriptExecutionSchema = z.object({
  id: z.string(),
  script_id: z.string(),
  script_name: z.string(),
  machine_id: z.string(),
  execution_type: z.enum(executionTypes),
  status: z.enum(executionStatuses),
  /** Why it waits, in one sentence; null unless PENDING, or RUNNING without a link. */
  waiting: z.nullable(z.string()),
  scheduled_for: z.nullable(z.string()),
  started_at: z.nullable(z.string()),
  completed_at: z.nullable(z.string()),
  exit_code: z.nullable(z.int()),
  /** The last 64 KiB; `…/output` has all that was kept. */
  stdout: z.string(),
  stderr: z.string(),
  stdout_bytes: z.int(),
  stderr_bytes: z.int(),
  truncated: z.boolean(),
  error: z.nullable(z.string()),
  /** Passwords masked. */
  input_values: z.record(z.string(), z.unknown()),
  executed_as: z.nullable(z.string()),
  order: z.int(),
  repeat_interval_minutes: z.nullable(z.int()),
  last_executed_at: z.nullable(z.string()),
  execution_count: z.int(),
  max_executions: z.nullable(z.int()),
  attempt: z.int(),
  max_attempts: z.int(),
  timeout_seconds: z.int(),
  schedule_id: z.nullable(z.string()),
  /** A result that came after the row had ended; it is kept beside it. */
  late_result: z.nullable(z.record(z.string(), z.unknown())),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type ScriptExecution = z.infer<typeof scriptExecutionSchema>

/** One piece of output; the line with `end` is the last one of a finished execution. */
export const executionOutputSchema = z.object({
  attempt: z.int(),
  stream: z.enum(['stdout', 'stderr']),
  seq: z.int(),
  at: z.string(),
  data: z.string(),
})
export type ExecutionOutput = z.infer<typeof executionOutputSchema>

const params = z.strictObject({ id })

export const scriptExecutionRoutes = {
  listScriptExecutions: route({
    method: 'GET',
    path: '/api/script-executions',
    permission: 'read',
    listener: 'api',
    query: listQuery({
      machine_id: z.optional(id),
      script_id: z.optional(id),
      schedule_id: z.optional(id),
      status: z.optional(z.enum(executionStatuses)),
    }),
    response: listOf(scriptExecutionSchema),
  }),
  addScriptExecutions: route({
    method: 'POST',
    path: '/api/script-executions',
    permission: 'operate',
    listener: 'api',
    status: 201,
    body: z.strictObject({
      script_id: id,
      machine_ids: z.array(id).check(z.minLength(1), z.maxLength(10_000)),
      input_values: z._default(z.record(z.string(), z.unknown()), {}),
      execution_type: z.optional(z.enum(executionTypes)),
      /** Among FIRST_BOOT scripts: smaller first. */
      order: z.optional(z.int().check(z.minimum(-1_000_000), z.maximum(1_000_000))),
      run_as: z.optional(runAsSchema),
      scheduled_for: z.optional(time),
      repeat_interval_minutes: z.optional(z.int().check(z.minimum(1), z.maximum(5_256_000))),
      max_executions: z.optional(z.int().check(z.minimum(1), z.maximum(1_000_000_000))),
      timeout_seconds: z.optional(timeoutSecondsSchema),
      env: z.optional(
        z.record(z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)), z.string().check(z.maxLength(32_768))),
      ),
    }),
    response: z.object({
      executions: z.array(z.object({ id: z.string(), machine_id: z.string(), status: z.enum(executionStatuses) })),
      /** The schedule made for a repeating run. */
      schedule_id: z.nullable(z.string()),
    }),
  }),
  getScriptExecution: route({
    method: 'GET',
    path: '/api/script-executions/:id',
    permission: 'read',
    listener: 'api',
    params,
    response: scriptExecutionSchema,
  }),
  getScriptExecutionOutput: route({
    method: 'GET',
    path: '/api/script-executions/:id/output',
    permission: 'read',
    listener: 'api',
    params,
    query: z.strictObject({
      follow: z.optional(z.enum(['true', 'false'])),
      stream: z.optional(z.enum(['stdout', 'stderr'])),
    }),
    response: executionOutputSchema,
    stream: 'application/x-ndjson',
  }),
  cancelScriptExecution: route({
    method: 'POST',
    path: '/api/script-executions/:id/cancel',
    permission: 'operate',
    listener: 'api',
    status: 202,
    params,
    response: scriptExecutionSchema,
  }),
}
