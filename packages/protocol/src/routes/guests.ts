import * as z from 'zod/mini'
import { agentMetricsSchema } from '../agent/agent-metrics.ts'
import { listOf, listQuery } from './list.ts'
import { route } from './route.ts'

const id = z.string().check(z.minLength(1), z.maxLength(128))

export const guestSchema = z.object({
  machine_id: z.string(),
  name: z.nullable(z.string()),
  /** `legacy`: protocol 1, unsigned; `unadopted`: a socket whose name is no machine, served nothing. */
  state: z.enum(['connected', 'legacy', 'disconnected', 'unadopted']),
  /** Why it is not connected, in one sentence with the cure; null while it is. */
  problem: z.nullable(z.string()),
  link: z.nullable(z.enum(['virtio-serial', 'websocket'])),
  agent_version: z.nullable(z.string()),
  protocol: z.nullable(z.int()),
  platform: z.nullable(z.enum(['linux', 'windows'])),
  arch: z.nullable(z.string()),
  boot_id: z.nullable(z.string()),
  capabilities: z.array(z.string()),
  tags: z.array(z.string()),
  /** Whether lines are signed with this machine's secret. */
  signed: z.boolean(),
  connected_since: z.nullable(z.string()),
  last_contact: z.nullable(z.string()),
  metrics: z.nullable(z.object({ at: z.string(), data: agentMetricsSchema })),
})
export type Guest = z.infer<typeof guestSchema>

/** One point of a machine's history: means over the point's time, bytes a second for rates. */
export const guestMetricsPointSchema = z.object({
  at: z.string(),
  cpu_percent: z.number(),
  memory_used_kb: z.number(),
  memory_total_kb: z.number(),
  disk_used_gb: z.number(),
  disk_total_gb: z.number(),
  network_receive_rate: z.nullable(z.number()),
  network_send_rate: z.nullable(z.number()),
})

const params = z.strictObject({ id })

export const guestRoutes = {
  listGuests: route({
    method: 'GET',
    path: '/api/guests',
    permission: 'read',
    listener: 'api',
    query: listQuery({
      state: z.optional(z.enum(['connected', 'legacy', 'disconnected', 'unadopted'])),
      q: z.optional(z.string().check(z.maxLength(128))),
    }),
    response: listOf(guestSchema),
  }),
  getGuest: route({
    method: 'GET',
    path: '/api/guests/:id',
    permission: 'read',
    listener: 'api',
    params,
    response: guestSchema,
  }),
  changeGuest: route({
    method: 'PATCH',
    path: '/api/guests/:id',
    permission: 'operate',
    listener: 'api',
    params,
    body: z.strictObject({
      tags: z.optional(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.maxLength(64))),
      metrics_interval_s: z.optional(z.int().check(z.minimum(1), z.maximum(86_400))),
    }),
    response: guestSchema,
  }),
  getGuestMetrics: route({
    method: 'GET',
    path: '/api/guests/:id/metrics',
    permission: 'read',
    listener: 'api',
    params,
    query: z.strictObject({
      /** Look back; 3600 unless given. Finer than a minute for a day, five minutes for a month, an hour for a year. */
      seconds: z._default(z.coerce.number().check(z.int(), z.minimum(60), z.maximum(31_622_400)), 3600),
    }),
    response: z.object({
      machine_id: z.string(),
      latest: z.nullable(z.object({ at: z.string(), data: agentMetricsSchema })),
      resolution_seconds: z.int(),
      points: z.array(guestMetricsPointSchema),
    }),
  }),
  runGuestCommand: route({
    method: 'POST',
    path: '/api/guests/:id/commands',
    permission: 'operate',
    listener: 'api',
    params,
    body: z.strictObject({
      command_type: z.looseObject({ action: z.string().check(z.maxLength(64)) }),
      timeout_seconds: z._default(z.int().check(z.minimum(1), z.maximum(3600)), 60),
    }),
    response: z.object({
      success: z.boolean(),
      exit_code: z.nullable(z.int()),
      stdout: z.string(),
      stderr: z.string(),
      execution_time_ms: z.nullable(z.number()),
      data: z.unknown(),
      error: z.nullable(z.object({ code: z.string(), message: z.string() })),
    }),
  }),
  setGuestSecret: route({
    method: 'POST',
    path: '/api/guests/:id/secret',
    permission: 'administer',
    listener: 'api',
    params,
    response: z.object({ shared_secret: z.string(), handed_over: z.boolean() }),
  }),
  resetGuestProtocol: route({
    method: 'POST',
    path: '/api/guests/:id/reset-protocol',
    permission: 'administer',
    listener: 'api',
    params,
    response: guestSchema,
  }),
  updateGuestAgent: route({
    method: 'POST',
    path: '/api/guests/:id/update',
    permission: 'operate',
    listener: 'api',
    status: 202,
    params,
    response: z.object({ version: z.string(), sha256: z.string() }),
  }),
  makeAgentToken: route({
    method: 'POST',
    path: '/api/guests/:id/tokens',
    permission: 'operate',
    listener: 'api',
    status: 201,
    params,
    response: z.object({ token: z.string(), expires_at: z.string() }),
  }),
}
