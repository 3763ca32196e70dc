import type { AgentMetrics } from '@slipway/protocol'
import type { HistoryPoint } from './metrics-history.ts'

/** One look at a guest's figures, in sums. */
export interface Sample {
  readonly cpu_percent: number
  readonly memory_used_kb: number
  readonly memory_total_kb: number
  readonly disk_used_gb: number
  readonly disk_total_gb: number
  /** Counters since boot, of all interfaces but loopback. */
  readonly received: number
  readonly sent: number
}

const minuteMs = 60_000

/** Adds an agent's figures up. */
export function sampleOf({ system }: AgentMetrics): Sample {
  const disks = system.disk.usage_stats
  const links = system.network.interfaces.filter(({ name }) => name !== 'lo' && !name.startsWith('Loopback'))
  return {
    cpu_percent: system.cpu.usage_percent,
    memory_used_kb: system.memory.used_kb,
    memory_total_kb: system.memory.total_kb,
    disk_used_gb: sum(disks.map((disk) => disk.used_gb)),
    disk_total_gb: sum(disks.map((disk) => disk.total_gb)),
    received: sum(links.map((link) => link.bytes_received)),
    sent: sum(links.map((link) => link.bytes_sent)),
  }
}

/** One guest's running minute. A few numbers, for there may be ten thousand. */
export class MetricsSeries {
  readonly machineId: string
  /** When the newest figures were last written, monotonic. */
  writtenAt = Number.NEGATIVE_INFINITY
  #minute = 0
  #count = 0
  #rates = 0
  #cpu = 0
  #memory = 0
  #disk = 0
  #receive = 0
  #send = 0
  #last: Sample | null = null
  #lastAt = 0

  constructor(machineId: string) {
    this.machineId = machineId
  }

  /** Takes a sample of `now` (wall clock, milliseconds); returns the minute that it ended, if any. */
  add(sample: Sample, now: number): HistoryPoint | null {
    const minute = Math.floor(now / minuteMs)
    const point = minute === this.#minute ? null : this.end()
    this.#minute = minute
    this.#count += 1
    this.#cpu += sample.cpu_percent
    this.#memory += sample.memory_used_kb
    this.#disk += sample.disk_used_gb
    this.#addRates(sample, now)
    this.#last = sample
    this.#lastAt = now
    return point
  }

  /** The running minute as a point; null when it has no sample. */
  end(): HistoryPoint | null {
    if (this.#count === 0 || !this.#last) return null
    const mean = (total: number) => total / this.#count
    const rate = (total: number) => (this.#rates === 0 ? null : total / this.#rates)
    const point: HistoryPoint = {
      machine_id: this.machineId,
      at: new Date(this.#minute * minuteMs).toISOString(),
      cpu_percent: mean(this.#cpu),
      memory_used_kb: mean(this.#memory),
      memory_total_kb: this.#last.memory_total_kb,
      disk_used_gb: mean(this.#disk),
      disk_total_gb: this.#last.disk_total_gb,
      network_receive_rate: rate(this.#receive),
      network_send_rate: rate(this.#send),
    }
    this.#count = this.#rates = this.#cpu = this.#memory = this.#disk = this.#receive = this.#send = 0
    return point
  }

  /** A minute that is over and to which nothing more comes. */
  isOver(now: number): boolean {
    return this.#count > 0 && Math.floor(now / minuteMs) > this.#minute
  }

  /** Bytes a second since the last sample; a counter that fell was set back by a reboot and tells nothing. */
  #addRates(sample: Sample, now: number): void {
    const seconds = (now - this.#lastAt) / 1000
    const last = this.#last
    if (!last || seconds <= 0 || sample.received < last.received || sample.sent < last.sent) return
    this.#rates += 1
    this.#receive += (sample.received - last.received) / seconds
    this.#send += (sample.sent - last.sent) / seconds
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
