import type { AgentMetrics } from '@slipway/protocol'

export type HealthStatus = 'ok' | 'warning' | 'critical'
export interface HealthCheck {
  readonly name: string
  readonly status: HealthStatus
  /** One sentence for a person. */
  readonly message: string
}

type System = AgentMetrics['system']
type DiskUsage = System['disk']['usage_stats'][number]

const rank: Record<HealthStatus, number> = { ok: 0, warning: 1, critical: 2 }

export function worstOf(checks: readonly { status: HealthStatus }[]): HealthStatus {
  return checks.reduce<HealthStatus>((worst, { status }) => (rank[status] > rank[worst] ? status : worst), 'ok')
}

/** How full each file system is, as a user of it sees it (reserved blocks count as used). */
export function judgeDisks(disks: readonly DiskUsage[], limits: { warning: number; critical: number }) {
  return disks.map((disk) => {
    const used_percent =
      disk.total_gb === 0 ? 0 : Math.round((100 * (disk.total_gb - disk.available_gb)) / disk.total_gb)
    return { ...disk, used_percent, status: grade(used_percent, limits) }
  })
}

/** Everything that can be told from the figures. */
export function checkHealth(system: System, rebootRequired: boolean): HealthCheck[] {
  return [
    ...judgeDisks(system.disk.usage_stats, { warning: 80, critical: 90 }).map(
      ({ mount_point, used_percent, status }) => ({
        name: `disk ${mount_point}`,
        status,
        message: `${used_percent} % of ${mount_point} is in use`,
      }),
    ),
    checkMemory(system.memory),
    checkLoad(system),
    ...checkServices(system.services),
    {
      name: 'reboot',
      status: rebootRequired ? 'warning' : 'ok',
      message: rebootRequired ? 'an update waits for a reboot' : 'no update waits for a reboot',
    },
  ]
}

function checkMemory({ total_kb, available_kb }: System['memory']): HealthCheck {
  const used = total_kb === 0 ? 0 : Math.round((100 * (total_kb - available_kb)) / total_kb)
  const status = grade(used, { warning: 90, critical: 97 })
  return { name: 'memory', status, message: `${used} % of the memory is in use` }
}

/** More than four tasks waiting for each processor over a quarter of an hour is no peak any more. */
function checkLoad({ system, cpu }: System): HealthCheck {
  const load = Array.isArray(system.load_average) ? Number(system.load_average[2]) : Number.NaN
  const each = load / Math.max(1, cpu.cores_usage.length)
  if (Number.isNaN(each))
    return { name: 'load', status: 'ok', message: `the processors are ${cpu.usage_percent} % busy` }
  const message = `${load} tasks ran or waited on ${cpu.cores_usage.length} processors over the last 15 minutes`
  return { name: 'load', status: grade(each, { warning: 2, critical: 4 }), message }
}

function checkServices(services: System['services']): HealthCheck[] {
  if (!services) return []
  const failed = services.filter(({ state }) => state === 'failed').map(({ name }) => name)
  if (failed.length === 0) return [{ name: 'services', status: 'ok', message: 'no service has failed' }]
  return [{ name: 'services', status: 'critical', message: `failed: ${failed.slice(0, 20).join(', ')}` }]
}

function grade(value: number, limits: { warning: number; critical: number }): HealthStatus {
  if (value >= limits.critical) return 'critical'
  return value >= limits.warning ? 'warning' : 'ok'
}
