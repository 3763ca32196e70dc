import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Installations last from seconds (simulated) to hours (slow links). */
const installationBuckets = [1, 5, 15, 60, 120, 300, 600, 1200, 1800, 3600, 7200]
const latencyBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

/** What only the platform itself counts. */
export interface PlatformMetrics extends Metrics {
  httpRequest(route: string, method: string, status: number, seconds: number): void
  /** The Prometheus text format 0.0.4. */
  print(): Promise<{ contentType: string; text: string }>
}

/**
 * Makes the metrics of one instance. The published success rates are gauges from 0 to 1 over the process's life (NaN
 * before the first case), beside the counters from which a range can be computed.
 */
export function makeMetrics(): PlatformMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'slipway_' })
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `slipway_${name}`, help, labelNames, registers: [registry] })

  const rounds = counter('discovery_rounds_total', 'Discovery rounds, by whether any machine answered', ['outcome'])
  const claims = counter('claims_total', 'Claims asked for, by outcome', ['outcome'])
  const installations = counter('installations_total', 'Installations ended, by outcome', ['outcome'])
  const errors = counter('errors_total', 'Errors, by code or kind', ['category'])
  const bytes = counter('pull_bytes_total', 'Bytes of image layers that machines reported as pulled', [])
  const messages = counter('agent_messages_total', 'Messages of agents that were taken, by type', ['type'])
  const refusals = counter('agent_refusals_total', 'Lines of agents that were refused, by reason', ['reason'])
  const duration = new Histogram({
    name: 'slipway_installation_duration_seconds',
    help: 'From start to end of an installation',
    labelNames: ['outcome'],
    buckets: installationBuckets,
    registers: [registry],
  })
  const latency = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'HTTP requests, by route and status',
    labelNames: ['route', 'method', 'status'],
    buckets: latencyBuckets,
    registers: [registry],
  })
  // A figure that is there from the start tells zero from missing.
  for (const outcome of ['completed', 'failed', 'cancelled', 'rolled-back']) duration.zero({ outcome })
  rate(registry, 'discovery', 'Discovery rounds that a machine answered', rounds, ['answered'])
  rate(registry, 'claim', 'Claims granted', claims, ['granted'])
  // Cancelled by a person is neither success nor failure.
  rate(registry, 'installation', 'Installations completed', installations, ['completed'], ['cancelled'])

  return {
    discoveryRound: (answered) => rounds.inc({ outcome: answered ? 'answered' : 'silent' }),
    claim: (outcome) => claims.inc({ outcome }),
    installationEnded(outcome, seconds) {
      installations.inc({ outcome })
      duration.observe({ outcome }, seconds)
    },
    error: (category) => errors.inc({ category }),
    agentMessage: (type) => messages.inc({ type }),
    agentRefusal: (reason) => refusals.inc({ reason }),
    pullBytes: (count) => bytes.inc(count),
    gauge(name, help, read) {
      const collect = async function (this: Gauge) {
        this.set(await read())
      }
      registry.registerMetric(new Gauge({ name: `slipway_${name}`, help, registers: [], collect }))
    },
    httpRequest: (route, method, status, seconds) => latency.observe({ route, method, status }, seconds),
    print: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function rate(
  registry: Registry,
  name: string,
  help: string,
  cases: Counter<'outcome'>,
  good: readonly string[],
  ignored: readonly string[] = [],
): void {
  const collect = async function (this: Gauge) {
    const { values } = await cases.get()
    const sum = (pick: (outcome: string) => boolean) =>
      values.filter(({ labels }) => pick(String(labels.outcome))).reduce((total, { value }) => total + value, 0)
    const all = sum((outcome) => !ignored.includes(outcome))
    this.set(all === 0 ? Number.NaN : sum((outcome) => good.includes(outcome)) / all)
  }
  registry.registerMetric(
    new Gauge({ name: `slipway_${name}_success_rate`, help: `${help}, as a share of all`, registers: [], collect }),
  )
}
