import { Fault, isFault } from '@slipway/base'
import { machineEventSchema, planFindingSchema, type PlanFinding } from '@slipway/protocol'
import { z } from 'zod'
import type { AppContext } from '../app-context.ts'
import { claimRef, tellClaim, tellRenewal } from '../claims/tell-machine.ts'
import { claimStore, type ClaimRow } from '../claims/store.ts'
import { otherMachineUrls } from '../instances/service.ts'
import type { Dialled, MachineLinks } from '../machines/machine-links.ts'
import type { MachineService } from '../machines/service.ts'
import type { RegistryAccess } from '@slipway/protocol'
import type { EventWriter, WriterRun } from './event-writer.ts'
import { makeInstallContext } from './install-context.ts'
import { runStore, type PickedRow } from './run-store.ts'
import { installationStore, type InstallationRow } from './store.ts'

export interface RunDeps {
  readonly context: AppContext
  readonly links: MachineLinks
  readonly machines: MachineService
  readonly writer: EventWriter
  readonly registries: () => Promise<Readonly<Record<string, RegistryAccess>>>
}

/** One installation as this instance runs it. */
export interface Run extends WriterRun {
  readonly row: PickedRow
  readonly planJson: string
  readonly configJson: string
  /** Aborts when the run is over or the instance stops. */
  readonly abort: AbortController
  intent: InstallationRow['intent']
  /** False while the machine could not be told of the intent. */
  isTold: boolean
  /** True once the machine has answered this run. */
  heard: boolean
  /** Set while the machine is connected; delivers cancel and rollback. False: the machine has not begun the installation. */
  deliver: (() => Promise<boolean>) | null
}

/** Address probes and reading disks take seconds on real machines; RFC 5227 alone asks for about seven. */
const checkPlanMs = 120_000

/**
 * Brings one installation to the machine and stores what the machine reports, until it ends.
 * Throws what stops it: the caller tells a wait from an end.
 */
export async function runInstallation(deps: RunDeps, run: Run): Promise<void> {
  const signal = run.abort.signal
  const machine = deps.machines.dialled(await deps.machines.get(run.row.machine_id))
  // A call that asks nothing: the connection alone is wanted.
  await deps.links.call(machine, () => Promise.resolve(), { signal })
  const claim = await tellOurClaim(deps, run, machine)
  await noteHeard(deps, run)
  const stopRenewing = renewUntil(deps, run, machine, claim)
  try {
    run.deliver = () => deliverIntent(deps, run, machine, claim)
    if (run.intent === 'cancel' && !(await run.deliver())) throw neverBegan()
    if (run.intent !== 'cancel') await begin(deps, run, machine, claim)
    await watch(deps, run, machine, signal)
  } finally {
    run.deliver = null
    stopRenewing()
  }
}

async function noteHeard({ context }: RunDeps, run: Run): Promise<void> {
  run.heard = true
  if (run.row.waiting_since === null) return
  const { installation_id: installationId } = run.row
  await runStore.heard(context.database, { installationId, owner: context.instanceId, ownerFence: run.ownerFence })
}

/** The first run uses the fence as granted; every other one a higher one, so that an older life cannot interfere. */
async function tellOurClaim(deps: RunDeps, run: Run, machine: Dialled): Promise<ClaimRow> {
  const { database } = deps.context
  const { row } = run
  const claim =
    row.attempts <= 1
      ? await claimStore.active(database, row.machine_id)
      : await claimStore.raiseFence(database, row.machine_id, row.claim_id, 0)
  if (claim?.claim_id !== row.claim_id)
    throw new Fault('claim-stale', `the claim of installation ${row.installation_id} was taken away`)
  return tellClaim(deps, machine, claim, run.abort.signal)
}

/** The machine counts its own lease; it is renewed at a third of it while the run lasts. */
function renewUntil(deps: RunDeps, run: Run, machine: Dialled, claim: ClaimRow): () => void {
  const timer = setInterval(
    () => {
      tellRenewal(deps, machine, claim, run.abort.signal).catch((error: unknown) =>
        deps.context.logger.debug(
          { err: error, installation_id: run.row.installation_id },
          'A claim was not renewed on its machine',
        ),
      )
    },
    (claim.ttl_seconds * 1000) / 3,
  )
  return () => clearInterval(timer)
}

async function begin(deps: RunDeps, run: Run, machine: Dialled, claim: ClaimRow): Promise<void> {
  if (run.row.last_seq === 0 && run.intent === null) await checkPlan(deps, run, machine, claim)
  if (cancelled(run)) throw neverBegan()
  await start(deps, run, machine, claim)
  if (cancelled(run)) await run.deliver?.() // it may have overtaken the start
}

/** A cancel can come during every wait. */
function cancelled(run: Run): boolean {
  return run.intent === 'cancel'
}

function neverBegan(): Fault {
  return new Fault('cancelled', 'the installation was cancelled before the machine began it')
}

async function checkPlan(deps: RunDeps, run: Run, machine: Dialled, claim: ClaimRow): Promise<void> {
  const request = {
    claim: claimRef(claim),
    planJson: run.planJson,
    planSha256: run.row.plan_sha256,
    configJson: run.configJson,
  }
  const options = { signal: run.abort.signal, timeoutMs: checkPlanMs }
  const answer = await deps.links.call(machine, (client, call) => client.checkPlan(request, call), options)
  const findings = z.array(planFindingSchema).parse(JSON.parse(answer.findingsJson))
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new PlanRefused(errors)
}

/** The machine found the plan unfit just before it would have begun. */
export class PlanRefused extends Error {
  readonly findings: readonly PlanFinding[]

  constructor(findings: readonly PlanFinding[]) {
    super(findings.map(({ message }) => message).join('; '))
    this.findings = findings
  }
}

/** Starts, or goes on: the machine gets plan, journal and the number of the last event stored here. */
async function start(deps: RunDeps, run: Run, machine: Dialled, claim: ClaimRow): Promise<void> {
  const request = await startRequest(deps, run, claim)
  try {
    const options = { signal: run.abort.signal }
    await deps.links.call(
      machine,
      async (client, call) => {
        if (run.intent === 'rollback') await client.rollbackInstall(request, call)
        else await client.startInstall(request, call)
      },
      options,
    )
  } catch (error) {
    // It ended there while we were away: its last events tell how.
    if (!isFault(error, 'installation-terminal')) throw error
  }
}

async function startRequest(deps: RunDeps, run: Run, claim: ClaimRow) {
  const { row } = run
  const steps = row.last_seq === 0 ? [] : await installationStore.steps(deps.context.database, row.installation_id)
  const context = makeInstallContext(deps.context, {
    row: { ...row, last_seq: run.state.last_seq },
    steps,
    registries: await deps.registries(),
    localAddress: deps.links.localAddress(row.machine_id),
    otherUrls: await otherMachineUrls(deps.context.database, deps.context.instanceId),
  })
  return {
    claim: claimRef(claim),
    installationId: row.installation_id,
    planJson: run.planJson,
    planSha256: row.plan_sha256,
    contextJson: JSON.stringify(context),
  }
}

async function deliverIntent(deps: RunDeps, run: Run, machine: Dialled, claim: ClaimRow): Promise<boolean> {
  const options = { signal: run.abort.signal }
  const ref = { claim: claimRef(claim), installationId: run.row.installation_id }
  try {
    if (run.intent === 'cancel')
      await deps.links.call(machine, (client, call) => client.cancelInstall(ref, call), options)
    if (run.intent === 'rollback') {
      const request = await startRequest(deps, run, claim)
      await deps.links.call(machine, (client, call) => client.rollbackInstall(request, call), options)
    }
  } catch (error) {
    if (isFault(error, 'not-found')) return false
    if (!isFault(error, 'installation-terminal')) throw error // too late: the end is on its way
  }
  return true
}

/** More events than this read and not stored yet stop the reading; the machine keeps them. */
const mostPending = 2000

async function watch(deps: RunDeps, run: Run, machine: Dialled, signal: AbortSignal): Promise<void> {
  const request = { installationId: run.row.installation_id, afterSeq: BigInt(run.state.last_seq) }
  await deps.links.call(
    machine,
    async (client, call) => {
      let stored: Promise<void> = Promise.resolve()
      for await (const { eventJson } of client.watchInstall(request, call)) {
        run.pending.push(machineEventSchema.parse(JSON.parse(eventJson)))
        stored = deps.writer.write(run)
        stored.catch(() => undefined) // awaited below; a rejection in between must not end the process
        if (run.pending.length > mostPending) await stored
      }
      await stored
    },
    { signal, timeoutMs: 0 }, // lasts as long as the installation; pings notice a dead machine
  )
  if (!signal.aborted)
    throw new Fault(
      'machine-unreachable',
      `machine ${machine.machine_id} stopped reporting before the installation ended`,
    )
}
