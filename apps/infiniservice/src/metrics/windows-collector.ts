import type { AgentMetrics } from '@slipway/protocol'
import { cpus, freemem, hostname, networkInterfaces, release, totalmem, uptime, version } from 'node:os'
import type { MetricsCollector } from './metrics-collector.ts'
import { cpuPercent, roundTo, type CpuTime } from './parse-proc.ts'
import { runTool } from './run-tool.ts'
import { powershellArguments } from './powershell-arguments.ts'
import { parseWindowsFacts, windowsFactsProgram, type WindowsFacts } from './windows-facts.ts'

type System = AgentMetrics['system']

/** PowerShell takes around half a second of one processor to start: every five minutes keeps an idle agent below 1 %. */
const defaultFactsMs = 5 * 60_000
const powershellMs = 15_000
const gib = 1024 ** 3
const kib = 1024
/** agentMetricsSchema: at most 50. */
const processesInMetrics = 50
const mostServices = 512
/** Win32_Process counts in units of 100 ns. */
const unitsPerSecond = 10_000_000

/** Cheap figures from node:os each time; disks, interfaces, processes and services from one PowerShell every five minutes. */
export function makeWindowsCollector(options: { factsMs?: number; mostProcesses?: number } = {}): MetricsCollector {
  return new WindowsCollector(options.factsMs ?? defaultFactsMs, options.mostProcesses ?? processesInMetrics)
}

class WindowsCollector implements MetricsCollector {
  readonly #factsMs: number
  readonly #mostProcesses: number
  #cpu: readonly CpuTime[] = []
  #facts: { readonly at: number; readonly facts: WindowsFacts } | null = null
  #before: { readonly at: number; readonly facts: WindowsFacts } | null = null
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(factsMs: number, mostProcesses: number) {
    this.#factsMs = factsMs
    this.#mostProcesses = mostProcesses
  }

  async collect({ signal }: { withProcesses: boolean; signal: AbortSignal }): Promise<AgentMetrics> {
    const fresh = await this.#refresh(signal)
    const system = {
      cpu: this.#readCpu(),
      memory: memory(),
      disk: { usage_stats: windowsDisks(this.#facts?.facts.disks ?? []) },
      network: { interfaces: windowsInterfaces(this.#facts?.facts.network ?? []) },
      system: {
        uptime_seconds: uptime(),
        name: 'Windows',
        os_version: version(),
        kernel_version: release(),
        hostname: hostname(),
      },
    }
    if (!fresh || !this.#facts) return { system }
    const { processes, services } = this.#facts.facts
    const busiest = windowsProcesses(processes, this.#before?.facts.processes ?? [], this.#secondsSinceBefore())
    return {
      system: { ...system, processes: busiest.slice(0, this.#mostProcesses), services: windowsServices(services) },
    }
  }

  async #refresh(signal: AbortSignal): Promise<boolean> {
    const at = performance.now()
    if (at - this.#askedAt < this.#factsMs) return false
    this.#askedAt = at
    const argv = ['powershell.exe', ...powershellArguments(windowsFactsProgram)] as const
    const text = await runTool(argv, { signal, deadlineMs: powershellMs })
    const facts = text === null ? null : parseWindowsFacts(text)
    if (!facts) return false
    this.#before = this.#facts
    this.#facts = { at, facts }
    return true
  }

  #secondsSinceBefore(): number {
    return this.#before && this.#facts ? (this.#facts.at - this.#before.at) / 1000 : 0
  }

  #readCpu(): System['cpu'] {
    const now = cpus().map(({ times }) => {
      const total = times.user + times.nice + times.sys + times.idle + times.irq
      return { total, busy: total - times.idle }
    })
    const cores_usage = now.map((core, index) => cpuPercent(core, this.#cpu[index]))
    this.#cpu = now
    return { usage_percent: roundTo(mean(cores_usage), 1), cores_usage }
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function memory(): System['memory'] {
  const [total_kb, available_kb] = [Math.round(totalmem() / kib), Math.round(freemem() / kib)]
  return { total_kb, available_kb, used_kb: total_kb - available_kb }
}

export function windowsDisks(disks: WindowsFacts['disks']): System['disk']['usage_stats'] {
  return disks.map(({ DeviceID, FileSystem, Size, FreeSpace }) => {
    const [size, free] = [Size ?? 0, FreeSpace ?? 0]
    const gb = (bytes: number) => roundTo(bytes / gib, 3)
    return {
      mount_point: DeviceID,
      filesystem: FileSystem ?? undefined,
      total_gb: gb(size),
      used_gb: gb(size - free),
      available_gb: gb(free),
    }
  })
}

export function windowsInterfaces(network: WindowsFacts['network']): System['network']['interfaces'] {
  const counted = network.map((each) => ({
    name: each.Name,
    bytes_received: each.BytesReceivedPersec ?? 0,
    bytes_sent: each.BytesSentPersec ?? 0,
    packets_received: each.PacketsReceivedPersec ?? 0,
    packets_sent: each.PacketsSentPersec ?? 0,
  }))
  // The counters go by the adapter's name and node:os by the connection's, so both are listed.
  const named = Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    bytes_received: 0,
    bytes_sent: 0,
    ip_addresses: addresses.map((each) => each.address),
    is_up: true,
  }))
  return [...counted, ...named]
}

/** Percentages since the earlier list; without one they are 0, because Windows tells no start that is cheap to read. */
export function windowsProcesses(
  now: WindowsFacts['processes'],
  before: WindowsFacts['processes'],
  seconds: number,
): NonNullable<System['processes']> {
  const earlier = new Map(before.map((each) => [each.ProcessId, usedUnits(each)]))
  return now
    .filter((each) => each.ProcessId !== 0) // the idle process
    .map((each) => {
      const units = usedUnits(each) - (earlier.get(each.ProcessId) ?? usedUnits(each))
      return {
        pid: each.ProcessId,
        name: each.Name,
        cpu_percent: seconds > 0 ? roundTo(Math.max(0, (100 * units) / unitsPerSecond / seconds), 1) : 0,
        memory_kb: Math.round((each.WorkingSetSize ?? 0) / kib),
        command: each.CommandLine?.slice(0, 256),
      }
    })
    .sort((a, b) => b.cpu_percent - a.cpu_percent || b.memory_kb - a.memory_kb)
}

function usedUnits(process: WindowsFacts['processes'][number]): number {
  return (process.UserModeTime ?? 0) + (process.KernelModeTime ?? 0)
}

export function windowsServices(services: WindowsFacts['services']): NonNullable<System['services']> {
  return services.slice(0, mostServices).map(({ Name, State, StartMode, DisplayName }) => ({
    name: Name,
    state: State.toLowerCase(),
    enabled: StartMode === undefined || StartMode === null ? undefined : StartMode.toLowerCase() !== 'disabled',
    description: DisplayName ?? undefined,
  }))
}
