import * as z from 'zod/mini'

const amount = z.number()
const text = z.string().check(z.maxLength(4096))

/** `data` of the agent's `metrics` message (agent.md). Sizes are in the units of their names; counters grow since boot. */
export const agentMetricsSchema = z.object({
  system: z.object({
    cpu: z.object({ usage_percent: amount, cores_usage: z.array(amount).check(z.maxLength(4096)) }),
    memory: z.object({
      total_kb: amount,
      used_kb: amount,
      available_kb: amount,
      swap_total_kb: z.optional(amount),
      swap_used_kb: z.optional(amount),
    }),
    disk: z.object({
      usage_stats: z.array(
        z.object({
          mount_point: text,
          total_gb: amount,
          used_gb: amount,
          available_gb: amount,
          filesystem: z.optional(text),
        }),
      ),
      io_stats: z.optional(z.unknown()),
    }),
    network: z.object({
      interfaces: z.array(
        z.object({
          name: text,
          bytes_received: amount,
          bytes_sent: amount,
          packets_received: z.optional(amount),
          packets_sent: z.optional(amount),
          ip_addresses: z.optional(z.array(text)),
          is_up: z.optional(z.boolean()),
        }),
      ),
    }),
    system: z.object({
      uptime_seconds: amount,
      name: z.optional(text),
      os_version: z.optional(text),
      kernel_version: z.optional(text),
      hostname: z.optional(text),
      load_average: z.optional(z.unknown()),
    }),
    /** Busiest first, at most 50; sent at most every minute. */
    processes: z.optional(
      z.array(
        z.object({
          pid: z.int(),
          name: text,
          cpu_percent: amount,
          memory_kb: amount,
          user: z.optional(text),
          command: z.optional(text),
        }),
      ),
    ),
    /** Units or Windows services; sent with the processes. */
    services: z.optional(
      z.array(z.object({ name: text, state: text, enabled: z.optional(z.boolean()), description: z.optional(text) })),
    ),
  }),
})
export type AgentMetrics = z.infer<typeof agentMetricsSchema>
