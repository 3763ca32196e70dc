import { pendingScriptSchema } from '@slipway/protocol'
import * as z from 'zod/mini'

const count = z.int().check(z.nonnegative())

/** First line of a run's journal: what was asked. */
export const acceptedRecordSchema = z.object({
  record: z.literal('accepted'),
  at: z.string(),
  script: pendingScriptSchema,
})

/** Second line: synced before the process exists, so that a run is never begun twice. */
export const startedRecordSchema = z.object({
  record: z.literal('started'),
  at: z.string(),
  /** What every process of the run carries in its environment: a later agent finds the ones left behind by it. */
  mark: z.string(),
})

/** How a run ended; what `script_completion` says apart from the output's text. */
export const runResultSchema = z.object({
  exit_code: z.nullable(z.int()),
  stdout_bytes: count,
  stderr_bytes: count,
  duration_ms: z.number(),
  timed_out: z.boolean(),
  cancelled: z.boolean(),
  interrupted: z.boolean(),
  not_started: z.boolean(),
  truncated: z.boolean(),
  /** The agent's own sentence, sent as the last line of `stderr`. */
  note: z.nullable(z.string()),
})
export type RunResult = z.infer<typeof runResultSchema>

/** Last line: the result, kept until the host acknowledges it. */
export const endedRecordSchema = z.object({ record: z.literal('ended'), at: z.string(), result: runResultSchema })

export type RunRecord =
  | z.infer<typeof acceptedRecordSchema>
  | z.infer<typeof startedRecordSchema>
  | z.infer<typeof endedRecordSchema>

/** A result with nothing in it, to be spread into one that says what happened. */
export const emptyResult: RunResult = {
  exit_code: null,
  stdout_bytes: 0,
  stderr_bytes: 0,
  duration_ms: 0,
  timed_out: false,
  cancelled: false,
  interrupted: false,
  not_started: false,
  truncated: false,
  note: null,
}
