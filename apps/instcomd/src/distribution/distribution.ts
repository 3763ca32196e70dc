import type { Logger } from '@slipway/base'
import type { FastifyPluginAsync } from 'fastify'
import type { AppContext } from '../app-context.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { PlatformMetrics } from '../metrics/make-metrics.ts'
import { Access, type AccessDeps } from './access.ts'
import { makeAgentRelease, type AgentRelease } from './agent-release.ts'
import { openPlainListeners } from './plain-listeners.ts'
import { DistributionFiles } from './representation.ts'
import { distributionRoutes } from './routes.ts'

/** The agents that this server gives out: the routes, the plain listeners, and what other nouns ask about them. */
export class Distribution {
  readonly #files: DistributionFiles
  readonly #configuration: Configuration
  readonly release: AgentRelease
  #options: Parameters<typeof distributionRoutes>[0] | null = null

  /** `apiUrl` is asked for each release: the port is known once the server listens. */
  constructor(folder: string, configuration: Configuration, apiUrl: () => string) {
    this.#files = new DistributionFiles(folder)
    this.#configuration = configuration
    const [plain] = configuration.distribution.listen
    this.release = makeAgentRelease(this.#files, () => (plain === undefined ? apiUrl() : `http://${plain}`))
  }

  /** The plugin for the listener of people and programs. */
  plugin(context: Pick<AppContext, 'database' | 'logger'>, mayRead: AccessDeps['mayRead']): FastifyPluginAsync {
    const { database, logger } = context
    const access = new Access({ database, limits: this.#configuration.distribution, mayRead })
    this.#options = { files: this.#files, access, database, logger }
    return distributionRoutes(this.#options)
  }

  /** Opens `distribution.listen`; after `plugin`. Resolves to what closes them. */
  async listen(server: { logger: Logger; metrics: PlatformMetrics }): Promise<() => Promise<void>> {
    const { listen } = this.#configuration.distribution
    if (this.#options === null || listen.length === 0) return async () => undefined
    const { close } = await openPlainListeners(listen, server, this.#options)
    return close
  }
}
