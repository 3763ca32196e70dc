import { isFault, toFault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { NewExecution, ReportRow } from '../script-executions/execution-row.ts'
import { executionEvent } from '../script-executions/execution-event.ts'
import type { ExecutionRunner } from '../script-executions/execution-runner.ts'
import { tellInstances } from '../script-executions/hints.ts'
import type { ExecutionService } from '../script-executions/service.ts'
import { scriptStore } from '../scripts/store.ts'
import { makeRound, rulesOf } from './make-round.ts'
import { dueRuns } from './next-run.ts'
import { advanceRound } from './round.ts'
import { roundStore } from './round-store.ts'
import { scheduleStore, type ScheduleRow } from './store.ts'

/** A lost hint costs this much at most; milliseconds. */
const longestMs = 60_000
const againMs = 1000

/**
 * Makes the runs of schedules. No leader is elected: a due schedule is locked, its run made and its time moved on in one
 * transaction, so of two instances one makes the run and the other finds nothing due.
 */
export class Scheduler {
  readonly #context: AppContext
  readonly #executions: ExecutionService
  readonly #runner: ExecutionRunner
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> | null = null
  #again = false
  #isStopped = true

  constructor(context: AppContext, executions: ExecutionService, runner: ExecutionRunner) {
    this.#context = context
    this.#executions = executions
    this.#runner = runner
    runner.attachSchedules(
      (tx, rows) => this.#ended(tx, rows),
      () => this.wake(),
    )
  }

  start(): void {
    this.#isStopped = false
    this.wake()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#running
  }

  /** Looks for due schedules now, and sets the timer to the next one. */
  wake(): void {
    if (this.#isStopped) return
    if (this.#running) this.#again = true
    else this.#running = this.#turn().finally(() => (this.#running = null))
  }

  async #turn(): Promise<void> {
    try {
      do {
        this.#again = false
        while ((await this.#makeRuns()) > 0) if (this.#isStopped) return
      } while (this.#again)
      this.#sleep((await roundStore.nextMs(this.#context.database)) ?? longestMs)
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'Schedules could not be looked at; tried again in a second')
      this.#sleep(againMs)
    }
  }

  #sleep(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => this.wake(), Math.ceil(Math.min(Math.max(0, ms), longestMs)) + 1)
    this.#timer.unref()
  }

  async #makeRuns(): Promise<number> {
    const made: NewExecution[] = []
    const count = await this.#context.database.transaction(async (tx) => {
      made.length = 0
      const due = await roundStore.takeDue(tx)
      for (const schedule of due) made.push(...(await this.#makeRun(tx, schedule)))
      return due.length
    })
    this.#runner.created(made, [])
    this.#runner.push(made.map(({ machineId }) => machineId))
    return count
  }

  async #makeRun(tx: Transaction, schedule: ScheduleRow & { readonly now: Date }): Promise<NewExecution[]> {
    const { timing, execution_count: before, missed, next_run_at: next, id } = schedule
    const plan = dueRuns({ timing, next: next ?? schedule.now, made: before, missed }, schedule.now)
    const script = await scriptStore.read(tx, schedule.script_id)
    const move = {
      next: plan.next,
      lastRun: plan.runs.at(-1) ?? null,
      runs: plan.runs.length,
      missed: plan.missed,
      ended: plan.ended,
    }
    if (!script) {
      await roundStore.moveOn(tx, id, { ...move, next: null, runs: 0, lastRun: null, ended: 'its script was removed' })
      return []
    }
    try {
      const rows: NewExecution[] = []
      let skipped = 0
      for (const [index, at] of plan.runs.entries()) {
        const all = await scheduleStore.targets(tx, schedule.targets, script.os)
        // What still waits from an earlier run is enough: it runs once when its machine is back.
        const waiting = missed === 'catch_up' ? new Set<string>() : await roundStore.waitingMachines(tx, id)
        const machineIds = all.filter((machineId) => !waiting.has(machineId))
        skipped += all.length - machineIds.length
        rows.push(...makeRound(this.#context.secrets, { schedule, script, machineIds, at, round: before + index + 1 }))
      }
      await this.#executions.addIn(tx, rows)
      await roundStore.moveOn(tx, id, { ...move, missed: move.missed + skipped })
      return rows
    } catch (error) {
      if (!isFault(error, 'script-invalid')) throw error
      await roundStore.moveOn(tx, id, { ...move, next: null, runs: 0, lastRun: null, ended: toFault(error).message })
      return []
    }
  }

  /** In the transaction that ended executions: lets the next machines of their rounds go, or stops them. */
  async #ended(tx: Transaction, rows: readonly ReportRow[]): Promise<void> {
    const rounds = new Map<string, { id: string; round: number }>()
    for (const { schedule_id: id, schedule_round: round } of rows)
      if (id !== null && round !== null) rounds.set(`${id} ${round}`, { id, round })
    for (const { id, round } of [...rounds.values()].sort((a, b) => (a.id < b.id ? -1 : 1)))
      await this.#advance(tx, id, round)
  }

  async #advance(tx: Transaction, id: string, round: number): Promise<void> {
    const schedule = await scheduleStore.lock(tx, id)
    if (!schedule) return
    const rules = rulesOf(schedule)
    const isStaged =
      rules.canary > 0 || rules.maxParallel !== null || rules.stopAfterFailures !== null || rules.onFailure === 'stop'
    if (!isStaged) return
    const step = advanceRound(await roundStore.counts(tx, id, round, rules.canary), rules)
    if (step.endSchedule !== null)
      await roundStore.moveOn(tx, id, { next: null, lastRun: null, runs: 0, missed: 0, ended: step.endSchedule })
    if (step.cancelRest !== null) return this.#cancelRest(tx, id, round, step.cancelRest)
    if (step.release === 0) return
    const machineIds = await roundStore.release(tx, id, round, step.release)
    await tellInstances(tx, 'push', machineIds)
    tx.afterCommit(() => this.#runner.push(machineIds))
  }

  async #cancelRest(tx: Transaction, id: string, round: number, why: string): Promise<void> {
    const rows = await roundStore.cancelRest(tx, id, round, why)
    await this.#context.appendEvent(
      tx,
      rows.map((row) => executionEvent('scripts.completed', row, { exit_code: null })),
    )
  }
}
