import type { AppContext } from './app-context.ts'
import { claimRoutes } from './claims/routes.ts'
import { ClaimService } from './claims/service.ts'
import { configRoutes } from './configs/routes.ts'
import { AddressProbes } from './configs/address-probes.ts'
import { ConfigService } from './configs/service.ts'
import { discoveryRoutes } from './discovery/routes.ts'
import { DiscoveryService } from './discovery/service.ts'
import { makeGuests } from './guests/make-guests.ts'
import { imageRoutes } from './images/routes.ts'
import { ImageService } from './images/service.ts'
import { installBatchRoutes } from './install-batches/routes.ts'
import { InstallBatchService } from './install-batches/service.ts'
import { Confirmation } from './installations/confirmation.ts'
import { endByForce } from './installations/end-by-force.ts'
import { EventWriter } from './installations/event-writer.ts'
import { installationRoutes } from './installations/routes.ts'
import { RunLog } from './installations/run-log.ts'
import { Runner } from './installations/runner.ts'
import { InstallationService } from './installations/service.ts'
import { installationStore } from './installations/store.ts'
import { makeMachineLinks } from './machines/machine-links.ts'
import type { MeetingDeps } from './machines/meet-machine.ts'
import { machineRoutes } from './machines/routes.ts'
import { SelfEnrolment } from './machines/self-enrolment.ts'
import { MachineService } from './machines/service.ts'
import { makeFindTokenSecret } from './machines/token-secret.ts'
import { planRoutes } from './plans/routes.ts'
import { PlanService } from './plans/service.ts'
import type { DomainPart } from './program/domain-part.ts'
import { makeScripts } from './script-executions/make-scripts.ts'

/** Builds the nouns of the domain and ties them together; nothing runs before `start`. */
export function makeDomain(context: AppContext): DomainPart {
  const links = makeMachineLinks(context.pki, context.configuration.machined.connection_timeout)
  const log = new RunLog()
  const confirmation = new Confirmation(context, log)
  const meeting: MeetingDeps = {
    context,
    links,
    findTokenSecret: makeFindTokenSecret(context),
    onEnrolled: (machine) => enrolled(machine),
  }
  const machines = new MachineService(meeting)
  const images = new ImageService(context)
  const probes = new AddressProbes(context, links, machines)
  const configs = new ConfigService(context, machines, images, probes)
  const plans = new PlanService({ context, machines, configs, images, probes })
  const claims = new ClaimService({
    context,
    machines,
    links,
    endByForce: (tx, id, by) => endByForce(context, tx, id, by),
  })
  const writer = new EventWriter(context, log)
  const runner = new Runner({ context, links, machines, writer, registries: () => images.registries() })
  const installations = new InstallationService({ context, machines, configs, plans, claims, runner })
  const batches = new InstallBatchService({ context, machines, configs, claims, plans, installations })
  const selfEnrolment = new SelfEnrolment(meeting)
  const guests = makeGuests(context, confirmation)
  const scripts = makeScripts(context, guests.links)
  const discovery = new DiscoveryService(meeting, (sightings) =>
    confirmation.sightedLive(sightings.filter(({ status }) => status === 'available')),
  )

  /** A machine that is back goes on with its installation at once, or shows that it did not start the new system. */
  async function enrolled(machine: { machine_id: string; boot_id: string | null }): Promise<void> {
    await confirmation.sightedLive([machine])
    if ((await installationStore.hurry(context.database, machine.machine_id)).length > 0) runner.wake()
  }

  return {
    handlers: {
      ...machineRoutes(context, machines, (input) => guests.service.adopt(input)),
      ...guests.handlers,
      ...scripts.handlers,
      ...claimRoutes(claims),
      ...discoveryRoutes(discovery),
      ...imageRoutes(images, machines),
      ...configRoutes(configs),
      ...planRoutes(context, plans, machines, configs),
      ...installationRoutes(context, { service: installations, confirmation, log }),
      ...installBatchRoutes(batches),
    },
    async start() {
      claims.start()
      confirmation.start()
      await runner.start()
      await discovery.start()
      await scripts.start()
      await guests.start()
    },
    async stop() {
      claims.stop()
      confirmation.stop()
      await Promise.all([runner.stop(), discovery.stop(), guests.stop().then(() => scripts.stop())])
      links.close()
      images.close()
    },
    onMachineEnrolled: (machine) => selfEnrolment.enrolled(machine),
    onAgentLink: (socket, peer) => guests.onAgentLink(socket, peer),
  }
}
