/** Counters and histograms of api.md ("Metrics"); the only place that knows their Prometheus names. */
export interface Metrics {
  discoveryRound(answered: boolean): void
  claim(outcome: 'granted' | 'refused'): void
  installationEnded(outcome: 'completed' | 'failed' | 'cancelled' | 'rolled-back', seconds: number): void
  error(category: string): void
  pullBytes(count: number): void
  /** A message of an agent that was taken. */
  agentMessage(type: string): void
  /** A line of an agent that was not taken. */
  agentRefusal(reason: string): void
  /** For everything else a noun wants to show: a gauge read at scrape time. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
}
