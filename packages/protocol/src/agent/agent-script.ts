import * as z from 'zod/mini'
import { timeoutSecondsSchema } from '../script.ts'

/** Shells of scripts on the agent's wire (agent.md); script files write them in lower case. */
export const agentShells = ['BASH', 'SH', 'POWERSHELL', 'CMD'] as const
export type AgentShell = (typeof agentShells)[number]

export const executionTypes = ['FIRST_BOOT', 'ON_DEMAND', 'SCHEDULED'] as const
export type ExecutionType = (typeof executionTypes)[number]

/** Names one try of one execution: an agent starts each pair at most once. */
export const attemptShape = {
  execution_id: z.string().check(z.minLength(1), z.maxLength(128)),
  attempt: z.int().check(z.minimum(1)),
}

/**
 * One script of `pending_scripts_response`. `script_content` is the program text as the shell shall see it: inputs are in
 * `env` (`INPUT_NAME`), never in the text. `timeout_seconds` is counted from the process's start.
 */
export const pendingScriptSchema = z.object({
  ...attemptShape,
  script_id: z.string().check(z.maxLength(128)),
  script_name: z.string().check(z.maxLength(255)),
  script_content: z.string().check(z.maxLength(1024 * 1024)),
  shell: z.enum(agentShells),
  execution_type: z.enum(executionTypes),
  /** As the operator gave them, for display; passwords masked. */
  input_values: z.record(z.string(), z.unknown()),
  timeout_seconds: timeoutSecondsSchema,
  /** Linux: a user's name. Windows: `system` or `administrator`. Null: the agent's own user. */
  run_as: z.nullable(z.string().check(z.maxLength(64))),
  env: z.record(z.string(), z.string()),
})
export type PendingScript = z.infer<typeof pendingScriptSchema>
