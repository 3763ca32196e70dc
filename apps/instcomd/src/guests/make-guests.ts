import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { agentCertificateRoutes } from './agent-certificates.ts'
import type { AgentRelease } from './agent-release.ts'
import type { GuestLinks } from './guest-links.ts'
import { GuestRequests } from './guest-requests.ts'
import { GuestService } from './guest-service.ts'
import { guestsChannel, LinkKeeper } from './link-keeper.ts'
import { LinkLeases } from './link-leases.ts'
import { Links } from './links.ts'
import { guestRoutes } from './routes.ts'
import { SessionWriter } from './session-writer.ts'

/** Dials are looked at this often, everything else once a second. */
const turnMs = 200
const turnsPerSecond = 5

/** The noun `guests` as the rest of the program sees it. */
export interface Guests {
  readonly links: GuestLinks
  readonly service: GuestService
  readonly handlers: Handlers
  start(): Promise<void>
  stop(): Promise<void>
}

/** Builds the control plane's side of the agents' links. */
export function makeGuests(context: AppContext, release: AgentRelease): Guests {
  const writer = new SessionWriter(context, () => leases)
  const links = new Links(context, writer)
  const leases: LinkLeases = new LinkLeases({
    database: context.database,
    owner: context.instanceId,
    logger: context.logger,
    lost: (machineId) => keeper.lost(machineId),
  })
  const keeper = new LinkKeeper(context, links, leases)
  const requests = new GuestRequests(context, links)
  const service = new GuestService(context, requests, release)
  let timer: NodeJS.Timeout | null = null
  let stopListening: (() => Promise<void>) | null = null
  let turn = 0

  function changed(machineId: string): void {
    keeper.look()
    const ids = machineId === '' ? [...links.linked()].map((guest) => guest.machineId) : [machineId]
    keeper.refresh(ids).catch((error: unknown) => context.logger.debug({ err: error }, 'Guests were not read again'))
  }

  function sweep(): void {
    turn += 1
    keeper.sweep()
    if (turn % turnsPerSecond !== 0) return
    leases.sweep()
    links.sweep()
    keeper.tick()
  }

  context.metrics.gauge('agents_connected', 'Agents linked to this instance', () => links.linkedCount)
  return {
    links,
    service,
    handlers: { ...guestRoutes(context, service), ...agentCertificateRoutes(context) },
    async start() {
      stopListening = await context.database.listen(guestsChannel, changed)
      await requests.start()
      keeper.start()
      timer = setInterval(sweep, turnMs)
    },
    async stop() {
      if (timer) clearInterval(timer)
      writer.handover = true
      await Promise.all([stopListening?.(), requests.stop(), keeper.stop()])
      await writer.settled()
      await leases.releaseAll()
    },
  }
}
