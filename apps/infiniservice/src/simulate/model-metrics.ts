import type { HostMessage } from '@slipway/protocol'
import type { HostSession, SessionPart } from '../session/host-session.ts'
import type { GuestFigures } from './guest-figures.ts'
import { modelledActions } from './guest-profile.ts'

/** agent.md: processes at most every minute. */
const processesMs = 60_000

/**
 * Metrics and harmless commands of a modelled guest, without a timer of its own (`tick`). The first figures leave with the
 * session, as the agent's do; the second after a random part of the interval, as those of guests that booted at different times.
 */
export class ModelMetrics implements SessionPart {
  readonly #figures: GuestFigures
  readonly #random: () => number
  readonly #bootedAt: number
  #session: HostSession | null = null
  #intervalMs = 30_000
  #nextAt = Number.POSITIVE_INFINITY
  #processesAt = Number.NEGATIVE_INFINITY

  constructor(figures: GuestFigures, random: () => number) {
    this.#figures = figures
    this.#random = random
    this.#bootedAt = performance.now() - random() * 30 * 86_400_000
  }

  onOpen(session: HostSession): void {
    this.#session = session
    this.#processesAt = Number.NEGATIVE_INFINITY
  }

  onClose(): void {
    this.#session = null
    this.#nextAt = Number.POSITIVE_INFINITY
  }

  onMessage(message: HostMessage): boolean {
    switch (message.type) {
      case 'handshake_ack':
        this.#every(message.metrics_interval_s)
        this.#send()
        return false
      case 'configure':
        if (message.metrics_interval_s !== undefined) this.#every(message.metrics_interval_s)
        return false
      case 'Metrics':
        this.#send()
        return true
      case 'SafeCommand':
        this.#session?.send({ type: 'response', id: message.id, ...this.#obey(message.command_type.action) })
        return true
      default:
        return false
    }
  }

  /** `now` is monotonic, in milliseconds. */
  tick(now: number): void {
    if (now < this.#nextAt) return
    this.#nextAt = Math.max(this.#nextAt + this.#intervalMs, now)
    this.#send()
  }

  #every(seconds: number): void {
    this.#intervalMs = seconds * 1000
    this.#nextAt = performance.now() + this.#random() * this.#intervalMs
  }

  #send(): void {
    if (!this.#session) return
    const now = performance.now()
    const withProcesses = now - this.#processesAt >= processesMs
    if (withProcesses) this.#processesAt = now
    this.#session.send({ type: 'metrics', data: this.#read(withProcesses) })
  }

  #read(withProcesses: boolean) {
    return this.#figures.read((performance.now() - this.#bootedAt) / 1000, withProcesses)
  }

  #obey(action: string) {
    if (!modelledActions.has(action)) {
      const error = { code: 'unsupported', message: `a simulated guest does not do ${action}` }
      return { success: false, exit_code: null, error }
    }
    return { success: true, exit_code: 0, stdout: '', stderr: '', execution_time_ms: 0, data: this.#answer(action) }
  }

  #answer(action: string): unknown {
    const { system } = this.#read(false)
    switch (action) {
      case 'ServiceList':
        return { services: this.#figures.services() }
      case 'ProcessList':
        return { processes: this.#figures.processes() }
      case 'PackageList':
        return { packages: [] }
      case 'CheckDiskSpace':
        return { disks: system.disk.usage_stats }
      case 'RunAllHealthChecks':
        return { healthy: true, checks: [] }
      default:
        return system.system
    }
  }
}
