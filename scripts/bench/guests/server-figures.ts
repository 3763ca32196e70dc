import { readFileSync } from 'node:fs'
import { measureProcess, measureTree } from '../process-tree.ts'

/** A moment's counters; two of them make rates. */
export interface Sample {
  /** Milliseconds, monotonic. */
  readonly at: number
  readonly serverCpu: number
  readonly databaseCpu: number
  readonly guestsCpu: number
  /** Of all programs of this computer. */
  readonly allCpu: number
  readonly metricsMessages: number
  readonly commits: number
}

/** Reads the counters of the server (its PostgreSQL apart) and of the simulator. */
export async function takeSample(url: string, pids: { server: number; guests: readonly number[] }): Promise<Sample> {
  const text = await readMetrics(url)
  const server = measureProcess(pids.server).cpuSeconds
  return {
    at: performance.now(),
    serverCpu: server,
    databaseCpu: measureTree(pids.server).cpuSeconds - server,
    guestsCpu: pids.guests.reduce((sum, pid) => sum + measureProcess(pid).cpuSeconds, 0),
    allCpu: readAllCpu(),
    metricsMessages: metric(text, 'slipway_agent_messages_total{type="metrics"}'),
    commits: metric(text, 'slipway_database_commits_total') || metric(text, 'slipway_database_commits'),
  }
}

/** proc(5), first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq in hundredths of a second. */
function readAllCpu(): number {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/) ?? []
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields.map(Number)
  return (user + nice + system + irq + softirq) / 100
}

export async function readMetrics(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

/** A value of a Prometheus text; 0 for a series that is not there yet. */
export function metric(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? 0 : Number(line.slice(series.length + 1))
}

/** Rates between two samples: cores busy and counts a second. */
export function ratesBetween(before: Sample, after: Sample) {
  const seconds = (after.at - before.at) / 1000
  const rate = (key: Exclude<keyof Sample, 'at'>) => (after[key] - before[key]) / seconds
  return {
    server: rate('serverCpu'),
    database: rate('databaseCpu'),
    guests: rate('guestsCpu'),
    all: rate('allCpu'),
    metricsMessages: rate('metricsMessages'),
    commits: rate('commits'),
  }
}
export type Rates = ReturnType<typeof ratesBetween>

/** Value at a share of a sorted list. */
export function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Resident bytes of one process, as the median over some seconds: a collection in between moves single readings. */
export async function settledRss(pid: number, seconds: number): Promise<number> {
  const readings: number[] = []
  for (let turn = 0; turn < seconds * 2; turn += 1) {
    readings.push(measureProcess(pid).rssBytes)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return at(
    readings.toSorted((a, b) => a - b),
    0.5,
  )
}
