import type { Logger } from '@slipway/base'
import type { HostMessage } from '@slipway/protocol'
import type { HostSession, SessionPart } from '../session/host-session.ts'
import { makeLinuxCollector } from './linux-collector.ts'
import type { MetricsCollector } from './metrics-collector.ts'
import { makeWindowsCollector } from './windows-collector.ts'

export interface MetricsPartOptions {
  readonly logger: Logger
  /** Default: this machine's. */
  readonly collector?: MetricsCollector
  /** Monotonic milliseconds. */
  readonly elapsed?: () => number
}

export interface MetricsPart extends SessionPart {
  stop(): void
}

/** Slower than this a machine is in trouble, and the next figures will say so. */
const collectionMs = 20_000
/** agent.md: processes at most every minute. A Windows collector decides for itself what its minute costs. */
const processesMs = 60_000

/**
 * Sends `metrics` at once when a session begins and then every `metrics_interval_s`, and when the host asks. Never two
 * collections at a time; figures that the link does not take are dropped, because the next ones are better.
 */
export function makeMetricsPart(options: MetricsPartOptions): MetricsPart {
  return new Metrics(options)
}

class Metrics implements MetricsPart {
  readonly #logger: Logger
  readonly #collector: MetricsCollector
  readonly #elapsed: () => number
  #timer: NodeJS.Timeout | undefined
  #intervalMs = 30_000
  #session: HostSession | null = null
  #collecting: AbortController | null = null
  #processesAt = Number.NEGATIVE_INFINITY

  constructor(options: MetricsPartOptions) {
    this.#logger = options.logger
    this.#elapsed = options.elapsed ?? (() => performance.now())
    this.#collector =
      options.collector ?? (process.platform === 'win32' ? makeWindowsCollector() : makeLinuxCollector())
  }

  onOpen(session: HostSession): void {
    this.#session = session
    this.#processesAt = Number.NEGATIVE_INFINITY // a new session knows none yet
  }

  onClose(): void {
    this.#session = null
    clearInterval(this.#timer)
    this.#collecting?.abort()
    this.#collecting = null
  }

  stop(): void {
    this.onClose()
  }

  onMessage(message: HostMessage): boolean {
    switch (message.type) {
      case 'handshake_ack':
        this.#restart(message.metrics_interval_s)
        this.#collect()
        return false
      case 'configure':
        if (message.metrics_interval_s !== undefined) this.#restart(message.metrics_interval_s)
        return false
      case 'Metrics':
        this.#collect()
        return true
      default:
        return false
    }
  }

  #restart(intervalSeconds: number): void {
    this.#intervalMs = intervalSeconds * 1000
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#collect(), this.#intervalMs)
    this.#timer.unref()
  }

  /** Asked while a collection runs: its figures are the answer. */
  #collect(): void {
    if (this.#collecting) return
    const stop = new AbortController()
    this.#collecting = stop
    this.#measure(AbortSignal.any([stop.signal, AbortSignal.timeout(collectionMs)]))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) this.#logger.warn({ error: String(error) }, 'the metrics could not be collected')
      })
      .finally(() => {
        if (this.#collecting === stop) this.#collecting = null
      })
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const at = this.#elapsed()
    const withProcesses = at - this.#processesAt >= processesMs
    const data = await this.#collector.collect({ withProcesses, signal })
    if (!this.#session?.open || signal.aborted) return
    const sent = this.#session.send({ type: 'metrics', data })
    if (sent && withProcesses) this.#processesAt = at
  }
}
