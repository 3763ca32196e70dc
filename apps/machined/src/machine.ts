import { performance } from 'node:perf_hooks'
import { Fault, toFault, type Logger } from '@slipway/base'
import type { Host } from '@slipway/host'
import {
  machineConfigSchema,
  type AddressProbe,
  type DiscoveryResponse,
  type EnrolmentFile,
  type Inventory,
  type PlanFinding,
} from '@slipway/protocol'
import { Claims } from './claims/claims.ts'
import { startControlServer, type ControlServer } from './control/server.ts'
import { makeService } from './control/service.ts'
import type { Responder } from './discovery/responder.ts'
import { Enrolment } from './enrolment/enrolment.ts'
import { registerUntilEnrolled } from './enrolment/self-registration.ts'
import { Identity } from './identity/identity.ts'
import { machineIdOf } from './identity/machine-id.ts'
import { checkAddresses } from './installation/check-addresses.ts'
import { checkDisks } from './installation/check-disks.ts'
import { parseJson, readPlan } from './installation/install-request.ts'
import { probeAddresses } from './installation/probe-addresses.ts'
import { Installations } from './installation/installations.ts'
import { makeOciLayers } from './installation/oci-layers.ts'
import { stepDeadlineMs } from './installation/step-deadline.ts'
import { InventoryReader } from './inventory-reader.ts'
import { version } from './version.ts'

export interface MachineOptions {
  readonly host: Host
  readonly dataDir: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly enrolmentFile: EnrolmentFile | null
  /** Where the machine registers itself, beside what the enrolment file says. */
  readonly instcomd: readonly string[]
  readonly responder: Responder
  readonly logger: Logger
  /** A code to show on every console, or null when none is needed. */
  readonly onCode: (code: string | null) => void
  /** Called when the machine leaves the live environment; `plan` when an installation ended. */
  readonly onReboot: () => void
  /** Simulated bad links: connections break after about so many bytes. */
  readonly cutAfterBytes?: number | null
  /** Other than the real ones in tests. */
  readonly makeLayerSource?: typeof makeOciLayers
  readonly deadlineMs?: typeof stepDeadlineMs
}

/** One machined: everything between the host and the wire, made once at start. */
export interface Machine {
  readonly machineId: string
  readonly hostname: string
  readonly port: number
  readonly fingerprint: () => string
  readonly status: () => DiscoveryResponse['status']
  readonly isEnrolled: () => boolean
  /** Stops taking work, journals, leaves: the same installation goes on at the next start. */
  stop(): Promise<void>
  /** As a power cut: connections are gone before anything else ends. */
  cut(): Promise<void>
}

/** Starts machined on a host. Faults: `port-in-use`, those of reading the hardware and the data directory. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { host, dataDir, logger } = options
  const stopping = new AbortController()
  const inventory = await InventoryReader.open(host, () => ['running', 'rebooting'].includes(installations.status))
  const machineId = machineIdOf(inventory.last)
  const identity = await Identity.open({ dataDir, machineId, bootId: inventory.last.boot_id })
  const reboot = async () => {
    await host.reboot(stopping.signal)
    options.onReboot()
  }
  const installations = await Installations.open({
    host,
    machineId,
    dataDir,
    logger,
    onReboot: reboot,
    onDisksNeeded: () => inventory.settled(),
    makeLayerSource: options.makeLayerSource ?? makeOciLayers,
    deadlineMs: options.deadlineMs ?? stepDeadlineMs,
  })
  const now = () => performance.now()
  const claims = await Claims.open({ dataDir, now, isBusy: () => installations.isBusy })
  const enrolment = new Enrolment({ identity, file: options.enrolmentFile, logger, now, onCode: options.onCode })
  const readInventory = async (signal: AbortSignal): Promise<Inventory> => {
    const read = await inventory.read(signal)
    return { ...read, machine_id: machineId, version, highest_fence: claims.highestFence }
  }
  const service = makeService({
    machineId,
    claims,
    enrolment,
    installations,
    readInventory,
    signal: stopping.signal,
    checkPlan: (request, signal) => checkPlan({ host, machineId, readInventory }, request, signal),
    probeAddresses: (request, signal) => probe({ host, interfaces: inventory.last.interfaces }, request, signal),
    reboot: async () => {
      reboot().catch((error: unknown) => logger.error({ error: toFault(error).message }, 'the reboot failed'))
    },
  })
  const server = await startControlServer({
    ...options.listen,
    identity,
    service,
    logger,
    cutAfterBytes: options.cutAfterBytes ?? null,
  })
  const status = () => statusOf(claims, installations)
  const leave = options.responder.add(() => ({
    inventory: inventory.last,
    identity,
    port: server.port,
    version,
    status: status(),
  }))
  const registering = register(options, { identity, enrolment, server, signal: stopping.signal })
  return {
    machineId,
    hostname: inventory.last.hostname,
    port: server.port,
    fingerprint: () => identity.fingerprint,
    status,
    isEnrolled: () => identity.pinned !== null,
    async stop() {
      leave()
      stopping.abort(new Fault('unavailable', 'machined is stopping'))
      await Promise.all([installations.stop(), registering])
      await server.close()
    },
    async cut() {
      leave()
      await server.close()
      stopping.abort(new Fault('unavailable', 'the power is gone'))
      await Promise.all([installations.stop(), registering])
    },
  }
}

async function register(
  options: MachineOptions,
  parts: { identity: Identity; enrolment: Enrolment; server: ControlServer; signal: AbortSignal },
): Promise<void> {
  const { enrolmentFile: file, logger } = options
  const urls = [...new Set([...options.instcomd, ...(file?.instcomd ?? [])])]
  if (urls.length === 0) return
  if (!file) {
    const cure = 'enter it there by its address and claim it with the code on the console'
    return logger.warn({ urls }, `this machine cannot register itself without an enrolment token; ${cure}`)
  }
  const { identity, enrolment, server, signal } = parts
  const onEnrolled = (url: string) => enrolment.taken(url)
  await registerUntilEnrolled({ urls, file, identity, port: server.port, logger, signal, onEnrolled })
}

async function checkPlan(
  parts: { host: Host; machineId: string; readInventory(signal: AbortSignal): Promise<Inventory> },
  request: { planJson: string; planSha256: string; configJson: string },
  signal: AbortSignal,
): Promise<PlanFinding[]> {
  const { host, machineId } = parts
  const plan = await readPlan(request.planJson, request.planSha256, { machineId, platform: host.platform })
  const config = parseJson(machineConfigSchema, request.configJson, 'config')
  const { interfaces, ...rest } = await parts.readInventory(signal)
  const disks = checkDisks(plan, { interfaces, ...rest }, { contents: true })
  return [...disks, ...(await checkAddresses({ host, config, interfaces }, signal))]
}

/** The cards as last read: an operator waits for this answer, and cards come and go rarely. */
async function probe(
  parts: { host: Host; interfaces: Inventory['interfaces'] },
  request: { configJson: string },
  signal: AbortSignal,
): Promise<AddressProbe[]> {
  const config = parseJson(machineConfigSchema, request.configJson, 'config')
  return probeAddresses({ ...parts, config }, signal)
}

function statusOf(claims: Claims, installations: Installations): DiscoveryResponse['status'] {
  if (installations.isBusy) return 'installing'
  if (installations.status === 'rebooting' || installations.status === 'installed') return 'installed'
  if (claims.isClaimed) return 'claimed'
  return installations.status === 'failed' ? 'error' : 'available'
}
