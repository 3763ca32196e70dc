import type { Logger } from '@slipway/base'
import type { Configuration } from './configuration/configuration.ts'
import type { Database } from './database/database.ts'
import type { AgentRelease } from './distribution/agent-release.ts'
import type { AppendEvent } from './events/append-event.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Pki } from './pki/pki.ts'
import type { Secrets } from './pki/secrets.ts'

/** What `main.ts` builds once and every noun's service receives. */
export interface AppContext {
  readonly configuration: Configuration
  readonly database: Database
  readonly appendEvent: AppendEvent
  readonly pki: Pki
  readonly secrets: Secrets
  readonly metrics: Metrics
  readonly logger: Logger
  /** Row of `instances`; owner in every lease. */
  readonly instanceId: string
  /** Where the machine listener is bound, which with a configured port of 0 is known only once it listens. */
  machinePort(): number
  /** The agent that is served now, for updates. */
  readonly agentRelease: AgentRelease
  /** Aborts when the program stops. */
  readonly signal: AbortSignal
}
