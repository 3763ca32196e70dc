import { setTimeout as wait } from 'node:timers/promises'
import { backoffDelay, delay, isFault } from '@slipway/base'
import { nextInstallation, type InstallationTransition } from '@slipway/install-plan'
import { isTerminal, type MachineEvent, type TerminalState } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import { endInstallations, type Ending } from './end-installations.ts'
import { foldEvents } from './fold-events.ts'
import type { RunLog } from './run-log.ts'
import { progressEvent, stepEvents } from './run-events.ts'
import { statusOf, type Folded, type MachineEnding, type PlanFacts, type RunState } from './run-state.ts'
import { runStore } from './run-store.ts'

/** A progress event per installation at most so often: a screen draws no faster. */
const progressEveryMs = 300
/** Events of one moment share a commit. */
const gatherMs = 10
/** PostgreSQL is back after a restart within seconds; meanwhile the machine keeps its events. */
const retry = { firstMs: 100, capMs: 2000, tries: Infinity }

/** One installation whose events this instance stores. */
export interface WriterRun {
  readonly ownerFence: number
  readonly facts: PlanFacts
  readonly expectsReport: boolean
  /** As stored; moves only after a commit. */
  state: RunState
  /** Read from the stream and not stored yet. */
  readonly pending: MachineEvent[]
  lastProgressAt: number
  /** Set by the writer when the rows say that the run is over: ended, or owned by another instance. */
  onOver(why: 'ended' | 'lost'): void
}

interface Share {
  readonly run: WriterRun
  readonly taken: number
  readonly folded: Folded
  readonly tellsProgress: boolean
  /** What the machine's last word makes of it; null before that. */
  readonly end: InstallationTransition | null
}

/**
 * Stores machine events of all running installations: one transaction takes whatever has come in from all of them,
 * so the cost of a commit is shared, and an idle server stores each event at once.
 */
export class EventWriter {
  readonly #context: AppContext
  readonly #log: RunLog
  readonly #dirty = new Set<WriterRun>()
  #batch = Promise.withResolvers<void>()
  #isWriting = false

  constructor(context: AppContext, log: RunLog) {
    this.#context = context
    this.#log = log
  }

  /** Queues what came in; resolves when the batch that it goes into is stored. */
  write(run: WriterRun): Promise<void> {
    this.#dirty.add(run)
    const { promise } = this.#batch
    if (!this.#isWriting) void this.#writeAll()
    return promise
  }

  /** Does not throw: a batch that cannot be stored rejects the promises that wait for it. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true
    while (this.#dirty.size > 0) {
      await wait(gatherMs)
      const runs = [...this.#dirty]
      const batch = this.#batch
      this.#dirty.clear()
      this.#batch = Promise.withResolvers<void>()
      this.#batch.promise.catch(() => undefined) // whoever waits for it hears it
      await this.#store(runs).then(batch.resolve, batch.reject)
    }
    this.#isWriting = false
  }

  async #store(runs: readonly WriterRun[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const shares = runs.map((run) => this.#share(run))
        const owned = await this.#context.database.transaction((tx) => this.#storeIn(tx, shares))
        return this.#settle(shares, owned)
      } catch (error) {
        if (!isFault(error, 'database-unavailable')) return this.#isolate(runs, error)
        this.#context.logger.warn({ err: error, attempt }, 'Machine events wait for the database')
        await delay(backoffDelay(retry, attempt), this.#context.signal)
      }
    }
  }

  /** A batch that cannot be stored is stored share by share, so that one bad installation does not stop the others. */
  async #isolate(runs: readonly WriterRun[], error: unknown): Promise<void> {
    const [only] = runs
    if (runs.length > 1) {
      for (const run of runs) await this.#store([run])
    } else if (only) {
      const { installation_id } = only.state
      this.#context.logger.error(
        { err: error, installation_id },
        `Events of installation ${installation_id} cannot be stored`,
      )
      only.onOver('lost')
    }
  }

  #share(run: WriterRun): Share {
    const events = [...run.pending]
    const folded = foldEvents(run.state, events, run.facts)
    const moved = folded.next.state !== run.state.state
    const tellsProgress = moved || Date.now() - run.lastProgressAt >= progressEveryMs
    return { run, taken: events.length, folded, tellsProgress, end: endOf(run, folded) }
  }

  async #storeIn(tx: Transaction, shares: readonly Share[]): Promise<Set<string>> {
    const rows = shares.map(({ run, folded }) => ({ state: folded.next, owner_fence: run.ownerFence }))
    const owned = await runStore.writeStates(tx, this.#context.instanceId, rows)
    const mine = shares.filter(({ run }) => owned.has(run.state.installation_id))
    await runStore.writeSteps(tx, mine.flatMap(lastStepChanges))
    await runStore.writeLogs(tx, mine.flatMap(logLines))
    await this.#context.appendEvent(tx, mine.flatMap(eventsOfShare))
    await this.#end(tx, mine)
    return owned
  }

  async #end(tx: Transaction, shares: readonly Share[]): Promise<void> {
    const rebooting = shares.filter(({ end }) => end?.effects.includes('wait-for-report'))
    const ended = shares.flatMap(endingsOf)
    if (rebooting.length > 0)
      await runStore.awaitConfirmation(
        tx,
        rebooting.map(({ run }) => run.state.installation_id),
        this.#context.configuration.installation.commit_timeout,
      )
    await endInstallations(this.#context, tx, ended)
  }

  #settle(shares: readonly Share[], owned: ReadonlySet<string>): void {
    for (const { run, taken, folded, tellsProgress } of shares) {
      run.pending.splice(0, taken)
      run.state = folded.next
      if (tellsProgress) run.lastProgressAt = Date.now()
      if (folded.pulledBytes > 0) this.#context.metrics.pullBytes(folded.pulledBytes)
      if (folded.logs.length > 0 || folded.ending) this.#log.notify(run.state.installation_id)
      if (!owned.has(run.state.installation_id)) run.onOver('lost')
      else if (folded.ending) run.onOver('ended')
    }
  }
}

function endOf(run: WriterRun, { next, ending }: Folded): InstallationTransition | null {
  if (!ending) return null
  const { outcome } = ending
  return nextInstallation(statusOf(next), { type: 'ended', outcome, reports: run.expectsReport })
}

function endingsOf({ run, folded, end }: Share): Ending[] {
  if (!folded.ending || !end || !isTerminal(end.status.state)) return []
  const { installation_id } = run.state
  const outcome = end.status.state
  return [{ installation_id, outcome, confirmed: false, error: errorOf(outcome, folded.ending), actor: 'instcomd' }]
}

/** What came out as it was asked for has no error, whatever the machine met on the way. */
function errorOf(outcome: TerminalState, { error }: MachineEnding): Ending['error'] {
  return outcome === 'completed' || outcome === 'rolled-back' ? null : error
}

function logLines({ run, folded }: Share) {
  return folded.logs.map((line) => ({ ...line, installation_id: run.state.installation_id }))
}

/** PostgreSQL changes a row once per statement: start and end of one step in one batch become one change. */
function lastStepChanges({ run, folded }: Share) {
  const byStep = new Map<string, Folded['steps'][number]>()
  for (const change of folded.steps)
    byStep.set(change.step_id, {
      ...change,
      started_at: change.started_at ?? byStep.get(change.step_id)?.started_at ?? null,
    })
  return [...byStep.values()].map((change) => ({ ...change, installation_id: run.state.installation_id }))
}

function eventsOfShare({ run, folded, tellsProgress, end }: Share) {
  const steps = stepEvents(folded, run.facts)
  // A terminal event says it all; a progress event behind it would only confuse.
  if (end?.effects.includes('tell-end') || !(tellsProgress || end)) return steps
  const { state, phase } = end?.status ?? folded.next
  return [...steps, progressEvent({ ...folded.next, state, phase }, run.facts.plan)]
}
