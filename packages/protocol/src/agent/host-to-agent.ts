import * as z from 'zod/mini'
import { attemptShape, pendingScriptSchema } from './agent-script.ts'

const common = { session: z.optional(z.string().check(z.maxLength(64))) }
const count = z.int().check(z.nonnegative())

/** What a SafeCommand may ask for (agent.md); an agent lists what it can in `capabilities` as `command:NAME`. */
export const safeActions = [
  'ServiceList',
  'ServiceControl',
  'PackageList',
  'PackageInstall',
  'PackageRemove',
  'ProcessList',
  'ProcessKill',
  'SystemInfo',
  'CheckDiskSpace',
  'RunAllHealthChecks',
  'Reboot',
] as const
export type SafeAction = (typeof safeActions)[number]

/** Each message of the host, by type (agent.md). */
export const hostToAgent = {
  handshake_ack: z.object({
    ...common,
    type: z.literal('handshake_ack'),
    session: z.string().check(z.minLength(1), z.maxLength(64)),
    server_time: z.string().check(z.maxLength(64)),
    metrics_interval_s: z.number().check(z.minimum(1), z.maximum(86_400)),
  }),
  keep_alive_response: z.object({
    ...common,
    type: z.literal('keep_alive_response'),
    sequence_number: count,
    timestamp: z.optional(z.string()),
  }),
  pending_scripts_response: z.object({
    ...common,
    type: z.literal('pending_scripts_response'),
    scripts: z.array(pendingScriptSchema).check(z.maxLength(256)),
  }),
  cancel_script: z.object({
    ...common,
    type: z.literal('cancel_script'),
    execution_id: attemptShape.execution_id,
    attempt: z.optional(attemptShape.attempt),
  }),
  /** The agent has stored and may forget all pieces up to `seq`. */
  output_ack: z.object({
    ...common,
    type: z.literal('output_ack'),
    ...attemptShape,
    stream: z.enum(['stdout', 'stderr']),
    seq: count,
  }),
  script_ack: z.object({ ...common, type: z.literal('script_ack'), ...attemptShape }),
  SafeCommand: z.object({
    ...common,
    type: z.literal('SafeCommand'),
    id: z.string().check(z.minLength(1), z.maxLength(128)),
    /** `action` and its own fields, such as `{action: "ServiceControl", service, operation}`. */
    command_type: z.looseObject({ action: z.string().check(z.maxLength(64)) }),
    /** Seconds. */
    timeout: z.optional(z.number().check(z.minimum(1), z.maximum(86_400))),
  }),
  Metrics: z.object({ ...common, type: z.literal('Metrics') }),
  configure: z.object({
    ...common,
    type: z.literal('configure'),
    metrics_interval_s: z.optional(z.number().check(z.minimum(1), z.maximum(86_400))),
    output_cap_bytes: z.optional(z.int().check(z.minimum(65_536), z.maximum(1024 ** 3))),
    log_level: z.optional(z.enum(['debug', 'info', 'warn', 'error'])),
    /** Replaces the shared secret; only accepted in a signed message. */
    shared_secret: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  }),
  update: z.object({
    ...common,
    type: z.literal('update'),
    version: z.string().check(z.maxLength(64)),
    url: z.string().check(z.maxLength(2048)),
    sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    /** The minisign signature file's text. */
    signature: z.string().check(z.maxLength(4096)),
  }),
  error: z.object({
    ...common,
    type: z.literal('error'),
    error: z.string().check(z.maxLength(65_536)),
    details: z.optional(z.unknown()),
  }),
} as const

export type HostMessageType = keyof typeof hostToAgent
/** A parsed message of type T from the host. */
export type HostMessage<T extends HostMessageType = HostMessageType> = {
  [K in HostMessageType]: z.output<(typeof hostToAgent)[K]>
}[T]
/** What the host hands over to be sent; `session` is added by the link. */
export type HostOutgoing = { [K in HostMessageType]: Omit<z.input<(typeof hostToAgent)[K]>, 'session'> }[Exclude<
  HostMessageType,
  'handshake_ack'
>]
