import { Fault } from '@slipway/base'
import type { ScriptExecution } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { GuestLinks } from '../guests/guest-links.ts'
import { executionEvent } from './execution-event.ts'
import type { ClaimedRow, ExecutionRow, NewExecution } from './execution-row.ts'
import { executionView } from './execution-view.ts'
import { isTerminalStatus } from './execution-state.ts'
import type { ExecutionRunner } from './execution-runner.ts'
import { tellInstances } from './hints.ts'
import { makeExecutions, type ExecutionWish } from './make-executions.ts'
import { executionStore, type ExecutionFilter } from './store.ts'
import { readWaiting } from './waiting-store.ts'

export interface ExecutionServiceDeps {
  readonly context: AppContext
  readonly links: GuestLinks
  readonly runner: ExecutionRunner
}

/** Rules of executions as people make, read and cancel them. */
export class ExecutionService {
  readonly #deps: ExecutionServiceDeps

  constructor(deps: ExecutionServiceDeps) {
    this.#deps = deps
  }

  /** Makes executions, and sends at once what is due on guests linked here. Throws `script-invalid`, `not-found`. */
  async create(wish: ExecutionWish): Promise<NewExecution[]> {
    const { context, runner } = this.#deps
    const rows = makeExecutions(context.secrets, { ...wish, machineIds: [...new Set(wish.machineIds)] })
    await this.ensureMachines(wish.machineIds)
    const claimed = await context.database.transaction((tx) => this.createIn(tx, rows))
    runner.created(rows, claimed)
    return rows
  }

  /** The same in a transaction of the caller's, who hands the result to `runner.created` after the commit. */
  async createIn(tx: Transaction, rows: readonly NewExecution[]): Promise<ClaimedRow[]> {
    const { links, runner } = this.#deps
    await this.addIn(tx, rows)
    const now = Date.now()
    const due = rows.filter(({ scheduledFor, held }) => !held && (scheduledFor === null || +scheduledFor <= now))
    const here = due.filter(({ machineId }) => links.find(machineId)).map(({ machineId }) => machineId)
    return runner.claimIn(tx, here)
  }

  /** Writes rows with their events, and tells the instances that hold the links; nothing is claimed. */
  async addIn(tx: Transaction, rows: readonly NewExecution[]): Promise<void> {
    const { context, links } = this.#deps
    await executionStore.insert(tx, rows)
    await context.appendEvent(tx, rows.map(queuedEvent))
    const now = Date.now()
    const isDue = ({ scheduledFor, held }: NewExecution) => !held && (scheduledFor === null || +scheduledFor <= now)
    const elsewhere = rows.filter((row) => isDue(row) && !links.find(row.machineId)).map(({ machineId }) => machineId)
    if (elsewhere.length > 0) await tellInstances(tx, 'push', elsewhere)
    if (!rows.every(isDue)) await tellInstances(tx, 'time')
  }

  /** Throws `not-found` with every id that is no machine. */
  async ensureMachines(ids: readonly string[]): Promise<void> {
    const known = await executionStore.knownMachines(this.#deps.context.database, ids)
    const missing = ids.filter((id) => !known.has(id))
    if (missing.length === 0) return
    throw new Fault(
      'not-found',
      `there is no machine ${missing.slice(0, 5).join(', ')}; \`slipway machines list\` shows those that are known`,
      { details: { machine_ids: missing } },
    )
  }

  /** Throws `not-found`. */
  async get(id: string): Promise<ScriptExecution> {
    const [view] = await this.#views([await this.#read(id)])
    if (view) return view
    throw new Error('one row makes one view')
  }

  async list(filter: ExecutionFilter): Promise<{ view: ScriptExecution; position: number }[]> {
    const rows = await executionStore.list(this.#deps.context.database, filter)
    const views = await this.#views(rows)
    return views.map((view, index) => ({ view, position: rows[index]?.position ?? 0 }))
  }

  /** Throws `execution-terminal`. What was ever sent ends when its agent confirms. */
  async cancel(id: string, by: string): Promise<ScriptExecution> {
    const { context, runner } = this.#deps
    const before = await this.#read(id)
    const changed = await context.database.transaction(async (tx) => {
      const row = await executionStore.cancel(tx, id, by)
      if (!row) return null
      if (row.status === 'CANCELLED') {
        await context.appendEvent(
          tx,
          executionEvent('scripts.completed', { ...before, status: 'CANCELLED' }, { exit_code: null }, by),
        )
        await runner.ended(tx, [{ ...before, status: 'CANCELLED' }])
      }
      await tellInstances(tx, row.status === 'CANCELLED' ? 'push' : 'cancel', [row.machineid])
      return row
    })
    if (!changed) throw isOver(await this.#read(id))
    runner.cancelled(id, changed.machineid)
    return this.get(id)
  }

  async #read(id: string): Promise<ExecutionRow> {
    const row = await executionStore.read(this.#deps.context.database, id)
    if (row) return row
    throw new Fault('not-found', `there is no execution ${id}; \`slipway runs list\` shows them`, {
      details: { execution_id: id },
    })
  }

  async #views(rows: readonly ExecutionRow[]): Promise<ScriptExecution[]> {
    const { context, links } = this.#deps
    const open = rows.filter(({ status }) => !isTerminalStatus(status)).map(({ id }) => id)
    const waits = await readWaiting(context.database, open)
    const perMachine = context.configuration.scripts.per_machine
    return rows.map((row) =>
      executionView(row, waits.get(row.id), { isLinkedHere: links.find(row.machineid) !== null, perMachine }),
    )
  }
}

function queuedEvent(row: NewExecution) {
  return executionEvent(
    'scripts.queued',
    {
      id: row.id,
      machineid: row.machineId,
      scriptid: row.scriptId,
      script_name: row.scriptName,
      executiontype: row.executionType,
      status: 'PENDING',
      attempt: 1,
      schedule_id: row.scheduleId,
      stdout_bytes: 0,
      stderr_bytes: 0,
    },
    { scheduled_for: row.scheduledFor?.toISOString() ?? null },
    row.createdBy,
  )
}

function isOver(row: ExecutionRow): Fault {
  return new Fault(
    'execution-terminal',
    `execution ${row.id} has ended (${row.status}); there is nothing left to cancel`,
    {
      details: { execution_id: row.id, status: row.status },
    },
  )
}
