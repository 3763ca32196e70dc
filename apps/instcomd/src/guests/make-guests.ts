import type { AppContext } from '../app-context.ts'
import type { Handlers } from '../http/handler.ts'
import { agentCertificateRoutes } from './agent-certificates.ts'
import type { Confirmation } from '../installations/confirmation.ts'
import { AgentSockets, type AgentSocket } from './agent-sockets.ts'
import { confirmFirstBoot } from './first-boot.ts'
import type { GuestLinks } from './guest-links.ts'
import { GuestRequests } from './guest-requests.ts'
import { GuestService } from './guest-service.ts'
import { guestsChannel, LinkKeeper } from './link-keeper.ts'
import { LinkLeases } from './link-leases.ts'
import { Links } from './links.ts'
import { MetricsRecorder } from './metrics-recorder.ts'
import { guestRoutes } from './routes.ts'
import { settleSecrets } from './secret-rotation.ts'
import { SessionWriter } from './session-writer.ts'
import { Upkeep } from './upkeep.ts'

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
  onAgentLink(socket: AgentSocket, peer: { uri: string; serial: string }): void
}

/** Builds the control plane's side of the agents' links. */
export function makeGuests(context: AppContext, confirmation: Pick<Confirmation, 'report'>): Guests {
  const writer = new SessionWriter(context, () => leases)
  const links = new Links(context, writer)
  const leases: LinkLeases = new LinkLeases({
    database: context.database,
    owner: context.instanceId,
    logger: context.logger,
    lost: (machineId) => keeper.lost(machineId),
  })
  const keeper = new LinkKeeper(context, links, leases)
  const sockets = new AgentSockets(context, links, leases, keeper)
  const recorder = new MetricsRecorder(context)
  const upkeep = new Upkeep(context)
  const requests = new GuestRequests(context, links)
  const service = new GuestService(context, requests)
  links.onMessageNow('metrics', (guest, message) =>
    recorder.take(guest, message, keeper.identityOf(guest.machineId)?.metricsIntervalS ?? 30),
  )
  links.onUnlinked(({ machineId }) => recorder.end(machineId))
  links.onLinked(async (session) => {
    const link = links.link(session.machineId)
    if (link && session.signed) await settleSecrets(context, keeper, link)
    // The agent's next lines do not wait for it: the report waits for the machine's own last events.
    void confirmFirstBoot(context, confirmation, session).then(
      () => session.handshake?.first_boot && upkeep.markManaged(),
    )
  })
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
    recorder.flush()
    keeper.tick()
  }

  context.metrics.gauge('agents_connected', 'Agents linked to this instance', () => links.linkedCount)
  return {
    links,
    service,
    handlers: { ...guestRoutes(context, service), ...agentCertificateRoutes(context) },
    onAgentLink: (socket, peer) => sockets.accept(socket, peer),
    async start() {
      stopListening = await context.database.listen(guestsChannel, changed)
      await requests.start()
      await leases.start()
      keeper.start()
      sockets.start()
      upkeep.start()
      timer = setInterval(sweep, turnMs)
    },
    async stop() {
      if (timer) clearInterval(timer)
      writer.stop()
      upkeep.stop()
      sockets.stop()
      await Promise.all([stopListening?.(), requests.stop(), keeper.stop()])
      await writer.settled()
      await recorder.stop()
      await leases.releaseAll()
    },
  }
}
