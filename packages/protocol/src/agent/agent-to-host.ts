import * as z from 'zod/mini'
import { agentMetricsSchema } from './agent-metrics.ts'
import { attemptShape } from './agent-script.ts'

const time = z.string().check(z.maxLength(64))
const count = z.int().check(z.nonnegative())
const id = z.string().check(z.minLength(1), z.maxLength(128))
/** Part of every message; `session` of every signed protocol-2 payload after the handshake's answer. */
const common = { timestamp: z.optional(time), session: z.optional(z.string().check(z.maxLength(64))) }

/** Each message of an agent, by type (agent.md, "Messages"). Unknown fields are dropped: newer agents may send them. */
export const agentToHost = {
  handshake: z.object({
    ...common,
    type: z.literal('handshake'),
    timestamp: time,
    vm_id: id,
    version: z.string().check(z.maxLength(64)),
    platform: z.enum(['linux', 'windows']),
    arch: z.string().check(z.maxLength(32)),
    boot_id: z.string().check(z.maxLength(128)),
    protocol: z.int().check(z.minimum(1)),
    capabilities: z.array(z.string().check(z.maxLength(64))).check(z.maxLength(64)),
    /** One-time token of the installation that put this agent there: its handshake confirms that installation. */
    first_boot: z.optional(z.object({ installation_id: id, token: z.string().check(z.maxLength(256)) })),
  }),
  metrics: z.object({ ...common, type: z.literal('metrics'), data: agentMetricsSchema }),
  keep_alive: z.object({ ...common, type: z.literal('keep_alive'), sequence_number: count }),
  request_pending_scripts: z.object({
    ...common,
    type: z.literal('request_pending_scripts'),
    vm_id: z.optional(id),
    request_timestamp: z.optional(time),
  }),
  script_accepted: z.object({ ...common, type: z.literal('script_accepted'), ...attemptShape }),
  script_started: z.object({ ...common, type: z.literal('script_started'), ...attemptShape }),
  script_output: z.object({
    ...common,
    type: z.literal('script_output'),
    ...attemptShape,
    stream: z.enum(['stdout', 'stderr']),
    /** From 1, per stream, without gaps. */
    seq: z.int().check(z.minimum(1)),
    data: z.string().check(z.maxLength(256 * 1024)),
  }),
  script_completion: z.object({
    ...common,
    type: z.literal('script_completion'),
    execution_id: attemptShape.execution_id,
    /** Protocol 1 has none. */
    attempt: z.optional(attemptShape.attempt),
    exit_code: z.nullable(z.int()),
    stdout: z._default(z.string(), ''),
    stderr: z._default(z.string(), ''),
    stdout_bytes: z.optional(count),
    stderr_bytes: z.optional(count),
    duration_ms: z.optional(z.number().check(z.nonnegative())),
    timed_out: z._default(z.boolean(), false),
    cancelled: z._default(z.boolean(), false),
    /** Started before the agent's restart and without a result since. */
    interrupted: z._default(z.boolean(), false),
    /** Cancelled before its process existed, or could not be started; `stderr` says why. */
    not_started: z._default(z.boolean(), false),
    truncated: z._default(z.boolean(), false),
    log_file: z.optional(z.nullable(z.string())),
  }),
  response: z.object({
    ...common,
    type: z.literal('response'),
    id,
    success: z.boolean(),
    exit_code: z.optional(z.nullable(z.int())),
    stdout: z.optional(z.string()),
    stderr: z.optional(z.string()),
    execution_time_ms: z.optional(z.number()),
    data: z.optional(z.unknown()),
    error: z.optional(z.nullable(z.object({ code: z.string(), message: z.string() }))),
  }),
  error: z.object({
    ...common,
    type: z.literal('error'),
    error: z.string().check(z.maxLength(65_536)),
    details: z.optional(z.unknown()),
  }),
  agent_event: z.object({
    ...common,
    type: z.literal('agent_event'),
    severity: z.string().check(z.maxLength(32)),
    source: z.string().check(z.maxLength(128)),
    message: z.string().check(z.maxLength(65_536)),
    executionId: z.optional(z.nullable(z.string().check(z.maxLength(128)))),
    context: z.optional(z.unknown()),
  }),
} as const

export type AgentMessageType = keyof typeof agentToHost
/** A parsed message of type T from an agent. */
export type AgentMessage<T extends AgentMessageType = AgentMessageType> = {
  [K in AgentMessageType]: z.output<(typeof agentToHost)[K]>
}[T]
/** What an agent hands over to be sent; `timestamp` and `session` are added by its session. */
export type AgentOutgoing = { [K in AgentMessageType]: z.input<(typeof agentToHost)[K]> }[AgentMessageType]
