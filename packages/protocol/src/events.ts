import * as z from 'zod/mini'

/** Names of events (api.md): published ones first, ours behind. */
export const eventTypes = [
  'machines.discovered',
  'machines.claimed',
  'machines.released',
  'installation.started',
  'installation.progress',
  'installation.completed',
  'installation.failed',
  'machines.updated',
  'machines.offline',
  'installation.step',
  'installation.cancelled',
  'installation.rolled-back',
  'installation.resumed',
  'guests.connected',
  'guests.disconnected',
  'guests.metrics',
  'scripts.queued',
  'scripts.started',
  'scripts.output',
  'scripts.completed',
  'vms.updated',
] as const
export type EventType = (typeof eventTypes)[number]

/** One event on a wire. `machines.*` carry data.machine_id; `installation.*` carry installation_id, machine_id, status. */
export const eventSchema = z.object({
  seq: z.int().check(z.positive()),
  type: z.string().check(z.maxLength(64)),
  at: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type Event = z.infer<typeof eventSchema>

/** The body of every error (api.md), except the four fixed ones of /infiniservice. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    request_id: z.string(),
  }),
})
export type ErrorBody = z.infer<typeof errorBodySchema>

/** WebSocket close code of a reader too far behind; it comes back with `after`. */
export const closeTooFarBehind = 4008
