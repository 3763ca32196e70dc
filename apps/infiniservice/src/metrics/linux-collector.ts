import type { AgentMetrics } from '@slipway/protocol'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname, networkInterfaces, release } from 'node:os'
import { diskUsage } from './disk-usage.ts'
import type { MetricsCollector } from './metrics-collector.ts'
import {
  cpuPercent,
  memoryUsage,
  parseCpuTimes,
  parseDiskstats,
  parseMeminfo,
  parseMounts,
  parseNetDev,
  parseOsRelease,
} from './parse-proc.ts'
import { parseUnitFiles, parseUnits, type ServiceState } from './parse-units.ts'
import {
  busiestProcesses,
  describeProcess,
  readProcessTimes,
  readUserNames,
  type ProcessReading,
} from './read-processes.ts'
import { runTool } from './run-tool.ts'

type System = AgentMetrics['system']

/** agentMetricsSchema: at most 50. */
const processesInMetrics = 50
/** systemctl answers in some 20 ms; on a machine that is short of memory it must not hold the figures. */
const systemctlMs = 5_000
/** Which units are enabled seldom changes, and asking costs systemd a walk over all unit files. */
const unitFilesMs = 10 * 60_000

/** Reads /proc and /sys, and systemd's units together with the processes. */
export function makeLinuxCollector(options: { mostProcesses?: number } = {}): MetricsCollector {
  return new LinuxCollector(options.mostProcesses ?? processesInMetrics)
}

class LinuxCollector implements MetricsCollector {
  readonly #mostProcesses: number
  #cpu: ReturnType<typeof parseCpuTimes> | null = null
  #processes: ProcessReading | null = null
  #enabled = new Map<string, boolean>()
  #enabledAt = Number.NEGATIVE_INFINITY

  constructor(mostProcesses: number) {
    this.#mostProcesses = mostProcesses
  }

  async collect({ withProcesses, signal }: { withProcesses: boolean; signal: AbortSignal }): Promise<AgentMetrics> {
    const [meminfo, netDev, diskstats, mounts, uptime] = await Promise.all(
      ['/proc/meminfo', '/proc/net/dev', '/proc/diskstats', '/proc/self/mounts', '/proc/uptime'].map((path) =>
        readFile(path, { encoding: 'utf8', signal }),
      ),
    )
    const system: System = {
      cpu: this.#readCpu(),
      memory: memoryUsage(parseMeminfo(meminfo ?? '')),
      disk: {
        usage_stats: await diskUsage(parseMounts(mounts ?? '')),
        io_stats: { disks: parseDiskstats(diskstats ?? '', isWholeDisk) },
      },
      network: { interfaces: interfaces(netDev ?? '') },
      system: describeSystem(Number.parseFloat(uptime ?? '0')),
    }
    if (!withProcesses) return { system }
    const services = await this.#readServices(signal)
    return { system: { ...system, processes: this.#readProcesses(system.system.uptime_seconds), ...services } }
  }

  #readCpu(): System['cpu'] {
    const now = parseCpuTimes(readFileSync('/proc/stat', 'utf8'))
    const before = this.#cpu
    this.#cpu = now
    return {
      usage_percent: cpuPercent(now.all, before?.all),
      cores_usage: now.each.map((core, index) => cpuPercent(core, before?.each[index])),
    }
  }

  #readProcesses(uptimeSeconds: number): System['processes'] {
    const now = readProcessTimes(uptimeSeconds)
    const busiest = busiestProcesses(now, this.#processes, this.#mostProcesses)
    this.#processes = now
    const userNames = readUserNames()
    return busiest.map((process) => describeProcess(process, userNames))
  }

  /** Nothing where systemd does not run or does not answer. */
  async #readServices(signal: AbortSignal): Promise<{ services?: ServiceState[] }> {
    if (!existsSync('/run/systemd/system')) return {} // sd_booted(3)
    const options = { signal, deadlineMs: systemctlMs }
    const flags = ['--type=service', '--plain', '--no-legend', '--no-pager', '--full'] as const
    if (performance.now() - this.#enabledAt > unitFilesMs) {
      const files = await runTool(['systemctl', 'list-unit-files', ...flags], options)
      if (files !== null) this.#enabled = parseUnitFiles(files)
      this.#enabledAt = performance.now()
    }
    const units = await runTool(['systemctl', 'list-units', '--all', ...flags], options)
    return units === null ? {} : { services: parseUnits(units, this.#enabled) }
  }
}

/** Partitions have no directory of their own there. Loops, RAM disks and empty drives are no disks to a person. */
function isWholeDisk(name: string): boolean {
  return !/^(?:loop|ram|zram|sr|fd)\d/.test(name) && existsSync(`/sys/block/${name.replaceAll('/', '!')}`)
}

function interfaces(netDev: string): System['network']['interfaces'] {
  const addresses = networkInterfaces()
  return parseNetDev(netDev).map((counters) => {
    const ip_addresses = (addresses[counters.name] ?? []).map((each) => each.address)
    return { ...counters, ip_addresses, is_up: isUp(counters.name) }
  })
}

/** IFF_UP of the interface's flags (netdevice(7)), and a carrier where the driver knows of one. */
function isUp(name: string): boolean {
  try {
    const flags = Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8').trim())
    const state = readFileSync(`/sys/class/net/${name}/operstate`, 'utf8').trim()
    return (flags & 1) === 1 && state !== 'down' && state !== 'lowerlayerdown'
  } catch {
    return false
  }
}

function describeSystem(uptime_seconds: number): System['system'] {
  const os = parseOsRelease(readRelease())
  const load_average = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).map(Number)
  return {
    uptime_seconds,
    name: os.get('NAME') ?? 'Linux',
    os_version: os.get('VERSION_ID') ?? os.get('PRETTY_NAME'),
    kernel_version: release(),
    hostname: hostname(),
    load_average,
  }
}

function readRelease(): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) if (existsSync(path)) return readFileSync(path, 'utf8')
  return ''
}
