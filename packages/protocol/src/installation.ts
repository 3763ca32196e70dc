import * as z from 'zod/mini'

/** States of an installation in order; the last four are terminal (machines.md). */
export const installationStates = [
  'queued',
  'preparing',
  'partitioning',
  'pulling',
  'configuring',
  'finishing',
  'rebooting',
  'confirming',
  'completed',
  'failed',
  'cancelled',
  'rolled-back',
] as const
export const terminalStates = ['completed', 'failed', 'cancelled', 'rolled-back'] as const
export const errorKinds = [
  'network',
  'certificate',
  'authentication',
  'validation',
  'disk',
  'image',
  'bootloader',
  'timeout',
  'cancelled',
  'internal',
] as const

export type InstallationState = (typeof installationStates)[number]
export type TerminalState = (typeof terminalStates)[number]
export type ErrorKind = (typeof errorKinds)[number]

/** Tells whether an installation in this state has ended. */
export function isTerminal(state: InstallationState): state is TerminalState {
  return (terminalStates as readonly string[]).includes(state)
}

export const installationErrorSchema = z.object({
  code: z.string(),
  kind: z.enum(errorKinds),
  message: z.string(),
  cure: z.string(),
  details: z.record(z.string(), z.unknown()),
})

/**
 * A layout that would work after a disk failed; `details.alternatives` of an error of kind `disk` lists them, the one
 * nearest to the plan first. Everything that a form needs to be filled with it.
 */
export const alternativeLayoutSchema = z.object({
  title: z.string(),
  layout: z.enum(['mirror', 'raidz1', 'raidz2', 'stripe', 'ext4']),
  /** Name of the root pool; null for ext4. */
  pool: z.nullable(z.string()),
  disks: z.array(
    z.object({
      /** What the config names it by: its serial, else a by-id link, else the device name. */
      name: z.string(),
      device: z.string(),
      serial: z.nullable(z.string()),
      by_id: z.nullable(z.string()),
      identity: z.string(),
      bytes: z.number(),
    }),
  ),
  /** Those of `disks[].name` that hold data and have to be wiped. */
  wipe: z.array(z.string()),
  /** What to write instead of the pools, `filesystem` and `wipe` of the config. */
  kdl: z.string(),
})

export const progressSchema = z.object({
  status: z.enum(installationStates),
  /** The last running state. */
  phase: z.enum(installationStates),
  step: z.nullable(z.string()),
  percent: z.int().check(z.minimum(0), z.maximum(100)),
  bytes_done: z.nullable(z.number()),
  bytes_total: z.nullable(z.number()),
  eta_seconds: z.nullable(z.number()),
  rate_bytes_per_second: z.optional(z.nullable(z.number())),
  confirmed: z.boolean(),
  error: z.nullable(installationErrorSchema),
})

export const logLineSchema = z.object({
  seq: z.int().check(z.positive()),
  at: z.string(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  step: z.nullable(z.string()),
  message: z.string(),
})

export const timelineStepSchema = z.object({
  step_id: z.string(),
  kind: z.string(),
  title: z.string(),
  started_at: z.nullable(z.string()),
  ended_at: z.nullable(z.string()),
  outcome: z.enum(['pending', 'running', 'done', 'failed', 'undone']),
})

export const installationSchema = z.object({
  installation_id: z.string(),
  machine_id: z.string(),
  status: z.enum(installationStates),
  image: z.object({ reference: z.string(), digest: z.string() }),
  boot_environment: z.string(),
  plan_sha256: z.string(),
  created_at: z.string(),
  started_at: z.nullable(z.string()),
  ended_at: z.nullable(z.string()),
  created_by: z.string(),
  progress: progressSchema,
})

export type InstallationError = z.infer<typeof installationErrorSchema>
export type AlternativeLayout = z.infer<typeof alternativeLayoutSchema>
export type Progress = z.infer<typeof progressSchema>
export type LogLine = z.infer<typeof logLineSchema>
export type TimelineStep = z.infer<typeof timelineStepSchema>
export type Installation = z.infer<typeof installationSchema>

/**
 * What machined reports while it executes a plan, in order of `seq` (from 1, per installation, without gaps).
 * instcomd stores each before it acknowledges; a step is done when its `step-ended` is stored.
 */
export const machineEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('step-started'), seq: z.int(), at: z.string(), step_id: z.string() }),
  z.object({
    type: z.literal('step-ended'),
    seq: z.int(),
    at: z.string(),
    step_id: z.string(),
    outcome: z.enum(['done', 'failed', 'undone']),
    skipped: z._default(z.boolean(), false),
    error: z.nullable(installationErrorSchema),
  }),
  z.object({
    type: z.literal('progress'),
    seq: z.int(),
    at: z.string(),
    step_id: z.string(),
    bytes_done: z.number(),
    bytes_total: z.number(),
    bytes_from_wire: z.number(),
  }),
  z.object({
    type: z.literal('log'),
    seq: z.int(),
    at: z.string(),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    step_id: z.nullable(z.string()),
    message: z.string().check(z.maxLength(65536)),
  }),
  z.object({
    type: z.literal('ended'),
    seq: z.int(),
    at: z.string(),
    outcome: z.enum(['rebooting', 'installed', 'failed', 'cancelled', 'rolled-back']),
    error: z.nullable(installationErrorSchema),
  }),
])
export type MachineEvent = z.infer<typeof machineEventSchema>
