import { agentAddresses, type AgentMessage, type AgentMetrics } from '@slipway/protocol'
import { isIP } from 'node:net'
import type { AppContext } from '../app-context.ts'
import type { LinkedGuest } from './guest-links.ts'
import { writeMinutes, type HistoryPoint } from './metrics-history.ts'
import { MetricsSeries, sampleOf, type Sample } from './metrics-series.ts'
import { writeAddresses, writeLatest, type LatestMetrics, type Moved } from './metrics-store.ts'

/** Guests named in one event. */
const mostInEvent = 500
/** Points kept while the database is away: an hour of a thousand guests; then the oldest are lost. */
const mostPoints = 60_000

/** Writes what agents report: the newest figures once a second for all machines together, and a point for each minute. */
export class MetricsRecorder {
  readonly #context: AppContext
  readonly #series = new Map<string, MetricsSeries>()
  #latest = new Map<string, LatestMetrics & { sample: Sample }>()
  #points: HistoryPoint[] = []
  #minute = 0
  #running: Promise<void> | null = null

  constructor(context: AppContext) {
    this.#context = context
  }

  /** A guest's report; `intervalS` is how often it was asked for one: what comes more often only counts for the means. */
  take(guest: LinkedGuest, message: AgentMessage<'metrics'>, intervalS: number): void {
    const { machineId } = guest
    let series = this.#series.get(machineId)
    if (!series) this.#series.set(machineId, (series = new MetricsSeries(machineId)))
    const sample = sampleOf(message.data)
    this.#addPoint(series.add(sample, Date.now()))
    const elapsed = performance.now()
    // Timers of agents jitter; half the interval tells a regular report from a flood.
    if (elapsed - series.writtenAt < intervalS * 500) return
    series.writtenAt = elapsed
    this.#latest.set(machineId, {
      machine_id: machineId,
      at: new Date(),
      ...split(message.data),
      addresses: addressesOf(message.data),
      sample,
    })
  }

  /** The guest is gone: its running minute is written. */
  end(machineId: string): void {
    this.#addPoint(this.#series.get(machineId)?.end() ?? null)
    this.#series.delete(machineId)
  }

  /** Once a second. */
  flush(): void {
    this.#endMinutes()
    this.#running ??= this.#flush()
      .catch((error: unknown) => this.#context.logger.debug({ err: error }, 'Metrics of guests wait for the database'))
      .finally(() => (this.#running = null))
  }

  async stop(): Promise<void> {
    for (const machineId of this.#series.keys()) this.end(machineId)
    await this.#running
    await this.#flush().catch(() => undefined) // the last second is not worth a failing stop
  }

  #endMinutes(): void {
    const now = Date.now()
    const minute = Math.floor(now / 60_000)
    if (minute === this.#minute) return
    this.#minute = minute
    for (const series of this.#series.values()) if (series.isOver(now)) this.#addPoint(series.end())
  }

  #addPoint(point: HistoryPoint | null): void {
    if (point && this.#points.length < mostPoints) this.#points.push(point)
  }

  async #flush(): Promise<void> {
    const [latest, points] = [this.#latest, this.#points]
    if (latest.size === 0 && points.length === 0) return
    this.#latest = new Map()
    this.#points = []
    try {
      await this.#context.database.transaction(async (tx) => {
        if (points.length > 0) await writeMinutes(tx, points)
        if (latest.size === 0) return
        await writeLatest(tx, [...latest.values()])
        const moved = await writeAddresses(tx, [...latest.values()])
        await this.#context.appendEvent(tx, [...eventsOf([...latest.values()]), ...moved.map(movedEvent)])
      })
    } catch (error) {
      this.#latest = new Map([...latest, ...this.#latest])
      this.#points = [...points, ...this.#points].slice(-mostPoints)
      throw error
    }
  }
}

/** `guests.metrics` names all guests of a second: one event each would be hundreds. */
function eventsOf(latest: readonly { machine_id: string; at: Date; sample: Sample }[]) {
  const guests = latest.map(({ machine_id, at, sample }) => ({
    machine_id,
    at: at.toISOString(),
    cpu_percent: sample.cpu_percent,
    memory_used_kb: sample.memory_used_kb,
    memory_total_kb: sample.memory_total_kb,
    disk_used_gb: sample.disk_used_gb,
    disk_total_gb: sample.disk_total_gb,
  }))
  const count = Math.ceil(guests.length / mostInEvent)
  return Array.from({ length: count }, (_, index) => ({
    type: 'guests.metrics' as const,
    data: { guests: guests.slice(index * mostInEvent, (index + 1) * mostInEvent) },
    actor: 'instcomd',
  }))
}

function movedEvent(data: Moved) {
  return { type: 'machines.updated' as const, data: { ...data }, actor: `slipway:machine/${data.machine_id}` }
}

/** A guest may report any text as an address. */
function addressesOf(metrics: AgentMetrics): string[] {
  return agentAddresses(metrics).filter((address) => isIP(address) !== 0)
}

/** Processes and services come more seldom; they are kept beside the rest so that the last ones stay. */
function split({ system }: AgentMetrics) {
  const { processes, services, ...rest } = system
  return { data: { system: rest }, processes: processes ?? null, services: services ?? null }
}
