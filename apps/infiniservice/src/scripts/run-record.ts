import { pendingScriptSchema } from '@slipway/protocol'
import * as z from 'zod/mini'

const count = z.int().check(z.nonnegative())
/** Every line of the journal says whose it is; attempt 0 stands for an execution cancelled before any try arrived. */
const line = { execution_id: z.string(), attempt: z.int(), at: z.number() }

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

/** A line of the journal. Of each run the last one counts. */
export const runRecordSchema = z.discriminatedUnion('record', [
  /** What was asked. */
  z.object({ record: z.literal('accepted'), ...line, script: pendingScriptSchema }),
  /**
   * Synced before the process exists, so that a run is never begun twice. The mark is in the environment of every process of the
   * run: a later agent finds by it what was left behind. Null: an illegible journal may have said that it was begun.
   */
  z.object({ record: z.literal('started'), ...line, mark: z.nullable(z.string()) }),
  /** The result, kept until the host acknowledges it. */
  z.object({ record: z.literal('ended'), ...line, result: runResultSchema }),
  /** The host has the result; kept so that a late duplicate is not run again. */
  z.object({ record: z.literal('finished'), ...line, result: runResultSchema }),
  /** Never accepted after all: the sync of its acceptance failed. */
  z.object({ record: z.literal('refused'), ...line }),
])
export type RunRecord = z.infer<typeof runRecordSchema>

/** A run that the host has the result of; `at` in milliseconds of the epoch. */
export type FinishedRun = Pick<Extract<RunRecord, { record: 'finished' }>, 'execution_id' | 'attempt' | 'at' | 'result'>

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
