import { Fault, toFault } from '@slipway/base'
import type { InstallContext, MachineEvent, Plan } from '@slipway/protocol'
import { makeOneAtATime } from '../one-at-a-time.ts'
import { checkDisks } from './check-disks.ts'
import { readContext, readPlan, type InstallRequest } from './install-request.ts'
import type { Journal } from './journal.ts'
import { hasEnded, JournalFiles } from './journal-files.ts'
import { makePlanRun, type RunParts } from './make-plan-run.ts'
import { machinedStops, rollbackAsked, type PlanRun } from './plan-run.ts'
import { rollbackPlan } from './rollback-plan.ts'
import { leaveTarget, runPlan, type Ending } from './run-plan.ts'
import { stepError } from './step-error.ts'

export interface InstallationsOptions extends RunParts {
  readonly machineId: string
  readonly dataDir: string
  /** Called once an installation that reboots has ended and its last event was heard (or nobody came to hear it). */
  readonly onReboot: () => Promise<void>
  /** Called before an installation looks at the disks; it waits until nobody else does. */
  readonly onDisksNeeded: () => Promise<void>
  /** How long the reboot waits for somebody to hear the last event. */
  readonly lastEventMs?: number
}

/** What the machine does with an installation; `waiting` = interrupted, goes on when it is started again. */
export type InstallationStatus = 'none' | 'waiting' | 'running' | Exclude<Ending['outcome'], 'interrupted'>

interface Current {
  readonly journal: Journal
  status: InstallationStatus
  abort: AbortController
  running: Promise<void>
}

/** instcomd comes back within seconds after a short outage; a machine must not stay in the installer for longer. */
const lastEventMs = 15_000

/**
 * The installations of this machine, one at a time.
 * INVARIANTS
 * - Only a plan whose digest matches is executed, and only for this machine and platform.
 * - While one is not terminal, no other starts (`machine-busy`); the same id goes on where it was.
 * - There is exactly one terminal event; what has ended is never taken up again (`installation-terminal`).
 */
export class Installations {
  readonly #options: InstallationsOptions
  readonly #files: JournalFiles
  readonly #inTurn = makeOneAtATime()
  #current: Current | null = null
  #isStopping = false

  private constructor(options: InstallationsOptions) {
    this.#options = options
    this.#files = new JournalFiles(options.dataDir)
  }

  static async open(options: InstallationsOptions): Promise<Installations> {
    const installations = new Installations(options)
    const journal = await installations.#files.takeUp()
    if (journal) {
      options.logger.info(
        { installation_id: journal.header.installation_id },
        'an interrupted installation waits to go on',
      )
      installations.#current = makeCurrent(journal)
    }
    return installations
  }

  get isBusy(): boolean {
    return this.#current !== null && !this.#current.journal.hasEnded
  }

  get status(): InstallationStatus {
    return this.#current?.status ?? 'none'
  }

  /** The installation in hand or the last one. */
  get installationId(): string | null {
    return this.#current?.journal.header.installation_id ?? null
  }

  /** Starts, or goes on; resolves when it runs, with the last sequence number of what is logged already. */
  start(request: InstallRequest): Promise<number> {
    return this.#inTurn(async () => {
      const { plan, context } = await this.#read(request)
      const current = await this.#admit(request, plan)
      if (current.status === 'running') return current.journal.lastSeq
      const lastSeq = await this.#prepare(current, context)
      const run = this.#makeRun(current, plan, context)
      this.#launch(current, () => runPlan(run, () => this.#checkFirst(run)))
      return lastSeq
    })
  }

  /** Stops the running step, then takes finished steps back; the installation may be running or waiting. */
  rollback(request: InstallRequest): Promise<number> {
    return this.#inTurn(async () => {
      const { plan, context } = await this.#read(request)
      const current = await this.#admit(request, plan)
      current.abort.abort(rollbackAsked)
      await current.running
      if (current.journal.hasEnded) throw hasEnded(request.installationId)
      const lastSeq = await this.#prepare(current, context)
      const run = this.#makeRun(current, plan, context)
      this.#launch(current, () => rollbackPlan(run))
      return lastSeq
    })
  }

  /** Stops the running step safely and leaves the target in order; finished steps stay as they are (see rollback). */
  cancel(installationId: string): Promise<void> {
    return this.#inTurn(async () => {
      const current = this.#require(installationId)
      if (current.journal.hasEnded) throw hasEnded(installationId)
      const reason = new Fault('cancelled', 'the installation was cancelled')
      if (current.status === 'running') return current.abort.abort(reason)
      const run = this.#makeRun(current, current.journal.header.plan, null)
      this.#launch(current, async () => {
        await leaveTarget(run)
        return { outcome: 'cancelled', error: stepError(reason, null) }
      })
    })
  }

  /** Replays and follows the events of an installation. */
  watch(installationId: string, afterSeq: number, signal: AbortSignal): AsyncGenerator<MachineEvent> {
    return this.#require(installationId).journal.follow(afterSeq, signal)
  }

  /** Stops where it is, without an end: the same installation goes on when machined is back. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#current?.abort.abort(machinedStops)
    await this.#current?.running
    await this.#current?.journal.close()
  }

  async #read(request: InstallRequest): Promise<{ plan: Plan; context: InstallContext }> {
    const owner = { machineId: this.#options.machineId, platform: this.#options.host.platform }
    const plan = await readPlan(request.planJson, request.planSha256, owner)
    return { plan, context: readContext(request) }
  }

  async #admit(request: InstallRequest, plan: Plan): Promise<Current> {
    if (this.#isStopping) throw machinedStops
    const current = this.#current
    if (current && this.installationId === request.installationId) {
      if (current.journal.hasEnded) throw hasEnded(request.installationId)
      if (current.journal.header.plan_sha256 === request.planSha256) return current
      throw new Fault('plan-changed', `installation ${request.installationId} was started with another plan`)
    }
    if (current && (this.isBusy || current.status === 'rebooting')) {
      const message = `installation ${this.installationId} has not ended on this machine; cancel it first`
      throw new Fault('machine-busy', message, { details: { installation_id: this.installationId } })
    }
    const journal = await this.#files.create(request.installationId, request.planSha256, plan)
    await current?.journal.close()
    this.#current = makeCurrent(journal)
    return this.#current
  }

  async #prepare(current: Current, context: InstallContext): Promise<number> {
    await this.#options.host.setClock(new Date(context.server_time))
    current.journal.advanceTo(context.last_seq)
    current.abort = new AbortController()
    return current.journal.lastSeq
  }

  #makeRun(current: Current, plan: Plan, context: InstallContext | null): PlanRun {
    return makePlanRun(this.#options, { plan, context, journal: current.journal, signal: current.abort.signal })
  }

  async #checkFirst(run: PlanRun): Promise<void> {
    const inventory = await this.#options.host.readInventory(run.signal)
    const finding = checkDisks(run.plan, inventory, { contents: !run.resumed }).find(
      ({ severity }) => severity === 'error',
    )
    if (finding) throw new Fault(finding.code, finding.message, { details: finding.details })
  }

  #launch(current: Current, work: () => Promise<Ending>): void {
    current.status = 'running'
    current.running = this.#options
      .onDisksNeeded()
      .then(work)
      .catch((error: unknown): Ending => ({ outcome: 'failed', error: stepError(error, null) }))
      .then((ending) => this.#end(current, ending))
      .catch((error: unknown) => {
        const fields = { installation_id: current.journal.header.installation_id, error: toFault(error).message }
        this.#options.logger.error(fields, 'the end of an installation could not be written')
      })
  }

  async #end(current: Current, ending: Ending): Promise<void> {
    if (ending.outcome === 'interrupted') {
      current.status = 'waiting'
      return
    }
    current.status = ending.outcome
    const { outcome, error } = ending
    const fields = { installation_id: current.journal.header.installation_id, outcome, error: error?.message }
    this.#options.logger[error ? 'error' : 'info'](
      fields,
      error ? `Installation ${outcome}: ${error.message}` : `Installation ${outcome}`,
    )
    await current.journal.append({ type: 'ended', outcome, error }, { flush: true })
    if (outcome === 'rebooting') this.#rebootWhenHeard(current.journal)
  }

  #rebootWhenHeard(journal: Journal): void {
    const tooLong = AbortSignal.timeout(this.#options.lastEventMs ?? lastEventMs)
    const late = new Promise<void>((resolve) => tooLong.addEventListener('abort', () => resolve(), { once: true }))
    Promise.race([journal.delivered, late])
      .then(() => (this.#isStopping ? undefined : this.#options.onReboot()))
      .catch((error: unknown) => this.#options.logger.error({ error: toFault(error).message }, 'the reboot failed'))
  }

  #require(installationId: string): Current {
    if (this.#current && this.installationId === installationId) return this.#current
    throw new Fault('not-found', `this machine knows no installation ${installationId}`)
  }
}

function makeCurrent(journal: Journal): Current {
  return { journal, status: 'waiting', abort: new AbortController(), running: Promise.resolve() }
}
