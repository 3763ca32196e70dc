import { isFault } from '@slipway/base'
import { installationError, refusedPlanError } from '@slipway/install-plan'
import { planSchema, type Inventory } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { NewEvent } from '../events/append-event.ts'
import { planStore } from '../plans/store.ts'
import { endInstallations } from './end-installations.ts'
import { machineWait } from './machine-wait.ts'
import { progressEvent } from './run-events.ts'
import { PlanRefused, runInstallation, type Run, type RunDeps } from './run-installation.ts'
import { planFacts, type RunState } from './run-state.ts'
import { leaseSeconds, runStore, type PickedRow, type RunRef } from './run-store.ts'
import { installationStore, type StepRow } from './store.ts'
import { waitsFor } from './waits-for.ts'

/** Work of other instances, and waits that are over, are looked for so often; own work wakes the runner at once. */
const lookMs = 1000
/** Reading a machine's disks for the error of a refused plan; without them the error says less and comes all the same. */
const inventoryMs = 15_000

/**
 * Runs installations: picks what may run, keeps the leases, and decides what an interruption means.
 * INVARIANTS
 * - An installation belongs to one instance at a time; every write of a run carries owner and fence.
 * - A machine that does not answer never fails an installation: it gives its slot back and is tried again, visibly, and
 *   past the deadline of `machineWait` it is shown as overdue.
 */
export class Runner {
  readonly #deps: RunDeps
  readonly #context: AppContext
  readonly #runs = new Map<string, { run: Run; done: Promise<void> }>()
  #timers: NodeJS.Timeout[] = []
  #picking: Promise<void> | null = null
  #again = false
  #isStopping = false

  constructor(deps: RunDeps) {
    this.#deps = deps
    this.#context = deps.context
  }

  /** What this instance ran when it was killed comes back to it at once; what others ran, when their leases end. */
  async start(): Promise<void> {
    await runStore.takeBackOwn(this.#context.database, this.#context.instanceId)
    this.#timers = [
      setInterval(() => this.wake(), lookMs),
      setInterval(() => void this.#prolong(), (leaseSeconds * 1000) / 3),
      setInterval(() => this.#tellSilent(), lookMs),
    ]
    this.wake()
  }

  /** Looks for work now. */
  wake(): void {
    if (this.#isStopping) return
    if (this.#picking) this.#again = true
    else this.#picking = this.#pickAll()
  }

  /** Hands an operator's wish to a run of this instance; another instance sees it when it renews its lease. */
  async deliver(installationId: string, intent: 'cancel' | 'rollback'): Promise<void> {
    const { run } = this.#runs.get(installationId) ?? {}
    if (!run || (run.intent === intent && run.isTold)) return
    run.intent = intent
    run.isTold = true
    try {
      await run.deliver?.()
    } catch (error) {
      if (!waitsFor(error)) throw error
      run.isTold = false // the intent is stored: the machine is told when it can be, at the latest with the next lease
    }
  }

  /** Stops taking work and leaves the running installations to whoever starts next; the machines go on meanwhile. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#picking
    for (const { run } of this.#runs.values()) run.abort.abort()
    await Promise.allSettled([...this.#runs.values()].map(({ done }) => done))
  }

  async #pickAll(): Promise<void> {
    try {
      do {
        this.#again = false
        for (const row of await this.#pick()) await this.#launch(row)
      } while (this.#again)
    } catch (error) {
      if (!this.#isStopping)
        this.#context.logger.warn({ err: error }, 'Installations could not be picked; tried again in a second')
    } finally {
      this.#picking = null
    }
  }

  async #pick(): Promise<PickedRow[]> {
    const { database, instanceId, configuration, appendEvent } = this.#context
    return database.transaction(async (tx) => {
      const rows = await runStore.pick(tx, instanceId, configuration.installation.max_concurrent)
      await appendEvent(tx, rows.flatMap(pickedEvents))
      return rows
    })
  }

  async #launch(row: PickedRow): Promise<void> {
    const { database } = this.#context
    const plan = await planStore.read(database, row.plan_sha256)
    if (!plan) throw new Error(`plan ${row.plan_sha256} of installation ${row.installation_id} is gone`) // a foreign key forbids it
    const steps = row.last_seq > 0 ? await installationStore.steps(database, row.installation_id) : []
    const abort = new AbortController()
    const run: Run = {
      row,
      planJson: plan.plan_json,
      configJson: JSON.stringify(plan.config),
      facts: planFacts(planSchema.parse(JSON.parse(plan.plan_json))),
      expectsReport: row.first_boot_hash !== null,
      state: stateOf(row, steps),
      ownerFence: row.owner_fence,
      pending: [],
      lastProgressAt: Date.now(),
      abort,
      intent: row.intent,
      isTold: true,
      heard: false,
      deliver: null,
      onOver: () => abort.abort(),
    }
    const done = this.#run(run).finally(() => {
      this.#runs.delete(row.installation_id)
      this.wake()
    })
    this.#runs.set(row.installation_id, { run, done })
  }

  async #run(run: Run): Promise<void> {
    const { installation_id, machine_id } = run.row
    try {
      await runInstallation(this.#deps, run)
    } catch (error) {
      if (run.abort.signal.aborted) return
      await this.#interrupted(run, error).catch((cause: unknown) =>
        this.#context.logger.error(
          { err: cause, installation_id, machine_id },
          `Installation ${installation_id} is left to its lease`,
        ),
      )
    } finally {
      if (this.#isStopping) await runStore.giveBack(this.#context.database, this.#refOf(run)).catch(() => undefined) // the lease ends by itself
    }
  }

  async #interrupted(run: Run, error: unknown): Promise<void> {
    if (waitsFor(error)) return this.#putOff(run, error)
    const isRefused = error instanceof PlanRefused
    const ending = {
      installation_id: run.row.installation_id,
      outcome: isFault(error, 'cancelled') ? 'cancelled' : 'failed',
      confirmed: false,
      error: isRefused ? refusedPlanError(error.findings) : installationError(error),
      actor: 'instcomd',
      inventory: isRefused ? await this.#readInventory(run) : null,
    } as const
    await this.#context.database.transaction((tx) => endInstallations(this.#context, tx, [ending]))
  }

  async #readInventory(run: Run): Promise<Inventory | null> {
    const { machines } = this.#deps
    const signal = AbortSignal.any([run.abort.signal, AbortSignal.timeout(inventoryMs)])
    try {
      return await machines.inventory(await machines.get(run.row.machine_id), { maxAgeMs: 0, signal })
    } catch (error) {
      this.#context.logger.debug({ err: error }, 'The hardware was not read after a plan was refused')
      return null
    }
  }

  async #putOff(run: Run, thrown: unknown): Promise<void> {
    const { database, appendEvent, logger } = this.#context
    const { installation_id, machine_id: machineId, waited_ms } = run.row
    const { heard } = run
    const attempts = run.state.last_seq > run.row.last_seq ? 1 : run.row.attempts
    const wait = machineWait(thrown, { machineId, attempts, waitedMs: heard ? 0 : waited_ms })
    const { delayMs, error } = wait
    logger.warn(
      { err: thrown, installation_id, machine_id: machineId, delay_ms: delayMs },
      `Installation ${installation_id} waits: ${error.message}`,
    )
    await database.transaction(async (tx) => {
      await runStore.putOff(tx, this.#refOf(run), { delayMs, error, heard })
      await appendEvent(tx, progressEvent(run.state, run.facts.plan, error.message))
    })
  }

  #refOf({ row, ownerFence }: Run): RunRef {
    return { installationId: row.installation_id, owner: this.#context.instanceId, ownerFence }
  }

  async #prolong(): Promise<void> {
    const mine = new Map(this.#runs)
    if (mine.size === 0) return
    try {
      const held = await runStore.prolong(this.#context.database, this.#context.instanceId, [...mine.keys()])
      for (const [id, { run }] of mine) {
        const row = held.find(({ installation_id }) => installation_id === id)
        if (!row) run.abort.abort()
        else if (row.intent)
          this.deliver(id, row.intent).catch((error: unknown) =>
            this.#context.logger.warn(
              { err: error, installation_id: id },
              `Installation ${id} could not be told to ${row.intent}`,
            ),
          )
      }
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'Leases were not renewed; tried again')
    }
  }

  /** A step that says nothing for long still shows that it is watched. */
  #tellSilent(): void {
    const { progress_interval } = this.#context.configuration.installation
    for (const { run } of this.#runs.values())
      if (run.deliver && Date.now() - run.lastProgressAt >= progress_interval)
        this.#deps.writer
          .write(run)
          .catch((error: unknown) => this.#context.logger.debug({ err: error }, 'Progress was not stored'))
  }
}

/** A first start, or a resumption of what had begun; a start that reached no machine yet is told once. */
function pickedEvents({ installation_id, machine_id, state, state_before, last_seq }: PickedRow): NewEvent[] {
  const data = { installation_id, machine_id, status: state }
  if (state_before === 'queued') return [{ type: 'installation.started', data, actor: 'instcomd' }]
  return last_seq > 0 ? [{ type: 'installation.resumed', data, actor: 'instcomd' }] : []
}

function stateOf(row: PickedRow, steps: readonly StepRow[]): RunState {
  const { installation_id, machine_id, state, phase, step_id, percent, rate, eta_seconds, last_seq, bytes_by_step } =
    row
  const outcomes = Object.fromEntries(steps.map((step) => [step.step_id, step.outcome]))
  const bytes_done = row.bytes_done ?? 0
  return {
    installation_id,
    machine_id,
    state,
    phase,
    step_id,
    percent,
    bytes_done,
    rate,
    eta_seconds,
    last_seq,
    bytes_by_step,
    outcomes,
  }
}
