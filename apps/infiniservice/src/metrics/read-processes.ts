import type { AgentMetrics } from '@slipway/protocol'
import { readFileSync, readdirSync } from 'node:fs'
import { parseProcessStat, roundTo, type ProcessTimes } from './parse-proc.ts'

export type ProcessState = NonNullable<AgentMetrics['system']['processes']>[number]

/** proc(5) counts in USER_HZ, which is 100 on every architecture that we build for. */
const ticksPerSecond = 100

/** Processor time of every process at one moment. */
export interface ProcessReading {
  readonly uptimeSeconds: number
  readonly times: ReadonlyMap<number, ProcessTimes>
}

export function readProcessTimes(uptimeSeconds: number): ProcessReading {
  const times = new Map<number, ProcessTimes>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parsed = parseProcessStat(readOrEmpty(`/proc/${name}/stat`))
    if (parsed) times.set(parsed.pid, parsed)
  }
  return { uptimeSeconds, times }
}

/** The processes with the most processor time since the earlier reading (or since their start), busiest first. */
export function busiestProcesses(
  now: ProcessReading,
  before: ProcessReading | null,
  most: number,
): readonly (ProcessTimes & { readonly cpu_percent: number })[] {
  return [...now.times.values()]
    .map((each) => Object.assign({}, each, { cpu_percent: processPercent(each, now, before) }))
    .sort((a, b) => b.cpu_percent - a.cpu_percent || b.ticks - a.ticks)
    .slice(0, most)
}

function processPercent(process: ProcessTimes, now: ProcessReading, before: ProcessReading | null): number {
  const earlier = before?.times.get(process.pid)
  const same = earlier?.startTicks === process.startTicks // another process may have the number by now
  const since = same && before ? before.uptimeSeconds : process.startTicks / ticksPerSecond
  const seconds = now.uptimeSeconds - since
  const ticks = process.ticks - (same ? (earlier?.ticks ?? 0) : 0)
  // A process younger than a tick would seem to use any number of processors.
  return seconds < 0.01 ? 0 : roundTo(Math.max(0, (100 * ticks) / ticksPerSecond / seconds), 1)
}

/** Memory, owner and command line are only read of the processes that are reported. */
export function describeProcess(
  process: ProcessTimes & { cpu_percent: number },
  userNames: ReadonlyMap<number, string>,
): ProcessState {
  const status = readOrEmpty(`/proc/${process.pid}/status`)
  const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1]
  return {
    pid: process.pid,
    name: process.name,
    cpu_percent: process.cpu_percent,
    memory_kb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    user: uid === undefined ? undefined : (userNames.get(Number(uid)) ?? uid),
    command: readOrEmpty(`/proc/${process.pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 256) || undefined,
  }
}

export function readUserNames(): Map<number, string> {
  const pairs = [...readOrEmpty('/etc/passwd').matchAll(/^([^:\n]+):[^:\n]*:(\d+):/gm)]
  return new Map(pairs.map(([, name = '', uid]) => [Number(uid), name]))
}

/** A process may end between two readings of it. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
