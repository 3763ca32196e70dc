import { backoffDelay, delay, isFault } from '@slipway/base'
import type { HostOutgoing } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { ReportRow } from './execution-row.ts'
import { foldReports, type Folded, type Report } from './fold-reports.ts'
import { isTerminalStatus } from './execution-state.ts'
import { keptTail } from './output-text.ts'
import { reportStore } from './report-store.ts'

/** Reports that only say "I have it" or "it runs" wait so long for company; milliseconds. Output and results never do. */
const lazyMs = 20
/** A machine's link is not read on while this much of it waits to be stored. */
const mostWaitingBytes = 1024 * 1024
const mostBatchBytes = 8 * 1024 * 1024
/** Screens draw no faster; milliseconds. */
const outputEventMs = 300
const retry = { firstMs: 50, capMs: 2000, tries: Infinity }

interface Item {
  readonly machineId: string
  readonly report: Report
  readonly bytes: number
}

/** What a batch did, told after its commit. */
export interface StoredBatch {
  readonly rows: readonly ReportRow[]
  /** Machines where something ended, so that the next may go. */
  readonly freed: ReadonlySet<string>
}

export interface ReportWriterOptions {
  readonly context: AppContext
  readonly send: (machineId: string, message: HostOutgoing) => void
  readonly onStored: (batch: StoredBatch) => void
  /** In the transaction that ends executions. */
  readonly onEnded: (tx: Transaction, rows: readonly ReportRow[]) => Promise<void>
}

/**
 * Stores what agents report. All that comes in while one transaction runs goes into the next one, so a busy server shares
 * its commits and an idle one stores at once. Nothing is acknowledged before it is committed.
 */
export class ReportWriter {
  readonly #options: ReportWriterOptions
  readonly #outputToldAt = new Map<string, number>()
  readonly #waitingBytes = new Map<string, number>()
  #items: Item[] = []
  #room = Promise.withResolvers<void>()
  #lazyTimer: NodeJS.Timeout | null = null
  #isSoon = false
  #writing: Promise<void> | null = null

  constructor(options: ReportWriterOptions) {
    this.#options = options
  }

  /** Takes a report; resolves at once unless this machine has much that waits. */
  async take(machineId: string, report: Report): Promise<void> {
    const bytes = sizeOf(report)
    this.#items.push({ machineId, report, bytes })
    this.#waitingBytes.set(machineId, (this.#waitingBytes.get(machineId) ?? 0) + bytes)
    const isLazy = report.type === 'script_accepted' || report.type === 'script_started'
    if (isLazy) this.#lazyTimer ??= setTimeout(() => this.#write(), lazyMs)
    else this.#writeSoon()
    while ((this.#waitingBytes.get(machineId) ?? 0) > mostWaitingBytes) await this.#room.promise
  }

  /** Resolves when all that was taken is stored. */
  async flush(): Promise<void> {
    do {
      this.#write()
      await this.#writing
    } while (this.#items.length > 0)
  }

  /** After the lines that came in one read: they share a transaction. */
  #writeSoon(): void {
    if (this.#isSoon) return
    this.#isSoon = true
    setImmediate(() => {
      this.#isSoon = false
      this.#write()
    })
  }

  #write(): void {
    if (this.#lazyTimer) clearTimeout(this.#lazyTimer)
    this.#lazyTimer = null
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
      if (this.#items.length > 0) this.#write()
    })
  }

  /** Does not throw: what can never be stored is logged and left to the agent, which keeps what is not acknowledged. */
  async #writeAll(): Promise<void> {
    while (this.#items.length > 0) {
      const batch = this.#takeBatch()
      await this.#store(batch)
      for (const { machineId, bytes } of batch) {
        const left = (this.#waitingBytes.get(machineId) ?? 0) - bytes
        if (left > 0) this.#waitingBytes.set(machineId, left)
        else this.#waitingBytes.delete(machineId)
      }
      const { resolve } = this.#room
      this.#room = Promise.withResolvers<void>()
      resolve()
    }
  }

  #takeBatch(): Item[] {
    let bytes = 0
    const end = this.#items.findIndex((item) => (bytes += item.bytes) > mostBatchBytes)
    return this.#items.splice(0, end < 0 ? this.#items.length : Math.max(1, end))
  }

  async #store(batch: readonly Item[]): Promise<void> {
    const { context } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      try {
        const folds = await context.database.transaction((tx) => this.#storeIn(tx, batch))
        return this.#tell(batch, folds)
      } catch (error) {
        if (!isFault(error, 'database-unavailable')) return this.#isolate(batch, error)
        context.logger.warn({ err: error, attempt }, 'Reports of scripts wait for the database')
        const stopped = await delay(backoffDelay(retry, attempt), context.signal).then(
          () => false,
          () => true,
        )
        if (stopped) return
      }
    }
  }

  async #isolate(batch: readonly Item[], error: unknown): Promise<void> {
    if (batch.length > 1) {
      for (const item of batch) await this.#store([item])
      return
    }
    const [item] = batch
    this.#options.context.logger.error(
      { err: error, machine_id: item?.machineId, execution_id: item?.report.execution_id },
      'A report of a script cannot be stored',
    )
  }

  async #storeIn(tx: Transaction, batch: readonly Item[]): Promise<Folded[]> {
    const { context, onEnded } = this.#options
    const rows = await reportStore.lock(tx, [...new Set(batch.map(({ report }) => report.execution_id))])
    const folds: Folded[] = []
    for (const row of rows) {
      // Only the machine that an execution is for can report on it.
      const reports = batch.filter(
        ({ machineId, report }) => report.execution_id === row.id && machineId === row.machineid,
      )
      if (reports.length > 0)
        folds.push(
          foldReports(
            row,
            reports.map(({ report }) => report),
          ),
        )
    }
    await reportStore.insertPieces(
      tx,
      folds.flatMap(({ pieces }) => pieces),
    )
    const changes = []
    for (const { change } of folds) changes.push(await this.#withTails(tx, change))
    if (changes.length > 0) await reportStore.writeChanges(tx, changes)
    await context.appendEvent(
      tx,
      folds.flatMap(({ events }) => events.filter((event) => this.#isDue(event))),
    )
    const ended = folds.filter(({ change }) => change.completes).map(({ change }) => change.row)
    if (ended.length > 0) await onEnded(tx, ended)
    return folds
  }

  /** A completion without text, of an execution that sent pieces: the row shows their end. */
  async #withTails(tx: Transaction, change: Folded['change']): Promise<Folded['change']> {
    const { row } = change
    if (!change.completes) return change
    const tail = async (stream: 'stdout' | 'stderr') =>
      change[stream] === '' && row[`${stream}_seq`] > 0
        ? keptTail(await reportStore.tail(tx, row.id, row.attempt, stream))
        : change[stream]
    return { ...change, stdout: await tail('stdout'), stderr: await tail('stderr') }
  }

  #isDue({ type, data }: { type: string; data: Readonly<Record<string, unknown>> }): boolean {
    const id = String(data.execution_id)
    if (type === 'scripts.completed') this.#outputToldAt.delete(id)
    if (type !== 'scripts.output') return true
    if (Date.now() - (this.#outputToldAt.get(id) ?? 0) < outputEventMs) return false
    this.#outputToldAt.set(id, Date.now())
    return true
  }

  #tell(batch: readonly Item[], folds: readonly Folded[]): void {
    const { send, onStored, context } = this.#options
    for (const { change, acks } of folds) for (const ack of acks) send(change.row.machineid, ack)
    const known = new Set(folds.map(({ change }) => `${change.row.machineid} ${change.row.id}`))
    for (const { machineId, report } of batch) {
      if (known.has(`${machineId} ${report.execution_id}`) || report.type !== 'script_completion') continue
      // Removed, or another machine's: nobody waits for it, and without an answer it would come again for ever.
      context.logger.warn(
        { machine_id: machineId, execution_id: report.execution_id },
        'A result of an unknown script run was dropped',
      )
      send(machineId, { type: 'script_ack', execution_id: report.execution_id, attempt: report.attempt ?? 1 })
    }
    const freed = folds.filter(
      ({ change }) => change.completes || change.retries || isTerminalStatus(change.row.status),
    )
    onStored({
      rows: folds.map(({ change }) => change.row),
      freed: new Set(freed.map(({ change }) => change.row.machineid)),
    })
  }
}

function sizeOf(report: Report): number {
  if (report.type === 'script_output') return 200 + report.data.length
  return report.type === 'script_completion' ? 400 + report.stdout.length + report.stderr.length : 200
}
