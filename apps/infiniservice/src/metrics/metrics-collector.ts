import type { AgentMetrics } from '@slipway/protocol'

/** Measures this machine; differences are since its previous call. Rejects when the signal aborts or the system cannot be read. */
export interface MetricsCollector {
  collect(options: { readonly withProcesses: boolean; readonly signal: AbortSignal }): Promise<AgentMetrics>
}
