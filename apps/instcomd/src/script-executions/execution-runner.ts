import type { AgentMessageType, HostOutgoing } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { GuestLinks, LinkedGuest } from '../guests/guest-links.ts'
import { Dispatcher } from './dispatcher.ts'
import { dueStore } from './due-store.ts'
import { DueTimer } from './due-timer.ts'
import { executionEvent } from './execution-event.ts'
import type { ClaimedRow, NewExecution, ReportRow } from './execution-row.ts'
import { parseHint, scriptsChannel } from './hints.ts'
import { OutputWakes } from './output-wakes.ts'
import { ReportWriter, type StoredBatch } from './report-writer.ts'

const longestSweepMs = 60_000

/** What ends executions for reasons of their schedule. */
export type OnEnded = (tx: Transaction, rows: readonly ReportRow[]) => Promise<void>

/** Runs executions on the guests linked here: sends what is due, stores what comes back, gives up what nobody answers for. */
export class ExecutionRunner {
  readonly wakes = new OutputWakes()
  readonly #context: AppContext
  readonly #links: GuestLinks
  readonly #dispatcher: Dispatcher
  readonly #timer: DueTimer
  readonly #writer: ReportWriter
  /** Results that the link had no room to acknowledge. */
  readonly #acks = new Map<string, HostOutgoing[]>()
  #onEnded: OnEnded = () => Promise.resolve()
  #onSchedules: () => void = () => undefined
  #stopListening: (() => Promise<void>) | null = null
  #sweepTimer: NodeJS.Timeout | null = null
  #sweeping: Promise<void> | null = null

  constructor(context: AppContext, links: GuestLinks) {
    this.#context = context
    this.#links = links
    this.#timer = new DueTimer(context, (machineIds) => this.#due(machineIds))
    this.#dispatcher = new Dispatcher(context, links, (ms) => this.#timer.in(ms))
    this.#writer = new ReportWriter({
      context,
      send: (machineId, message) => this.#send(machineId, message),
      onStored: (batch) => this.#stored(batch),
      onEnded: (tx, rows) => this.ended(tx, rows),
    })
    this.#listenToGuests()
    context.metrics.gauge(
      'script_queue_depth',
      'Scripts that are due and not sent',
      async () => (await dueStore.queue(context.database)).depth,
    )
    context.metrics.gauge(
      'script_queue_delay_seconds',
      'Age of the oldest script that is due and not sent',
      async () => (await dueStore.queue(context.database)).delay,
    )
  }

  /** Schedules hear of ends inside the transaction that writes them, and of hints that schedules changed. */
  attachSchedules(onEnded: OnEnded, onChanged: () => void): void {
    this.#onEnded = onEnded
    this.#onSchedules = onChanged
  }

  async start(): Promise<void> {
    const { database, configuration } = this.#context
    this.#stopListening = await database.listen(scriptsChannel, (payload) => this.#hint(payload))
    await this.#timer.start()
    const everyMs = Math.min(longestSweepMs, configuration.scripts.result_wait / 4)
    this.#sweepTimer = setInterval(() => void this.sweep(), everyMs)
    this.#sweepTimer.unref()
    this.#all()
  }

  /** Stores what has come in; the agents keep what is not acknowledged. */
  async stop(): Promise<void> {
    if (this.#sweepTimer) clearInterval(this.#sweepTimer)
    await this.#stopListening?.()
    await this.#timer.stop()
    await this.settled()
    await this.#sweeping
  }

  /** Resolves when nothing is being sent or stored. */
  async settled(): Promise<void> {
    await this.#dispatcher.idle()
    await this.#writer.flush()
  }

  claimIn(tx: Transaction, machineIds: readonly string[]): Promise<ClaimedRow[]> {
    return this.#dispatcher.claimIn(tx, machineIds)
  }

  /** After the commit of new rows: sends what was claimed, and remembers the time of the rest. */
  created(rows: readonly NewExecution[], claimed: readonly ClaimedRow[]): void {
    this.#dispatcher.deliver(claimed)
    const times = rows.flatMap(({ scheduledFor }) =>
      scheduledFor && +scheduledFor > Date.now() ? [+scheduledFor] : [],
    )
    // The database's clock decides; an early look finds the exact wait.
    if (times.length > 0) this.#timer.in(times.reduce((a, b) => Math.min(a, b)) - Date.now())
  }

  cancelled(executionId: string, machineId: string): void {
    this.wakes.notify(executionId)
    this.#cancel([machineId])
    this.#dispatcher.push([machineId])
  }

  /** Pushes what is due on machines that are linked here. */
  push(machineIds: Iterable<string>): void {
    this.#dispatcher.push([...machineIds].filter((id) => this.#links.find(id)))
  }

  /** In the transaction that ends executions. */
  ended(tx: Transaction, rows: readonly ReportRow[]): Promise<void> {
    return this.#onEnded(tx, rows)
  }

  /** Notes which machines can still answer, and gives up what was not heard of for `scripts.result_wait`. */
  async sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = null))
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    const { database, configuration, logger } = this.#context
    try {
      await dueStore.touch(
        database,
        Array.from(this.#links.linked(), ({ machineId }) => machineId),
      )
      await this.#end((tx) => dueStore.giveUp(tx, configuration.scripts.result_wait))
    } catch (error) {
      logger.warn({ err: error }, 'Scripts without an answer could not be looked for; tried again')
    }
  }

  /** Ends rows by a statement, with their events and what follows for schedules. */
  async #end(statement: (tx: Transaction) => Promise<ReportRow[]>): Promise<void> {
    const { database, appendEvent } = this.#context
    const rows = await database.transaction(async (tx) => {
      const ended = await statement(tx)
      await appendEvent(
        tx,
        ended.map((row) => executionEvent('scripts.completed', row, { exit_code: null })),
      )
      if (ended.length > 0) await this.ended(tx, ended)
      return ended
    })
    for (const { id } of rows) this.wakes.notify(id)
    this.push(rows.map(({ machineid }) => machineid))
  }

  #listenToGuests(): void {
    const report = (type: 'script_accepted' | 'script_started' | 'script_output' | 'script_completion') =>
      this.#links.onMessage<AgentMessageType & typeof type>(type, (guest, message) =>
        this.#writer.take(guest.machineId, message),
      )
    report('script_accepted')
    report('script_started')
    report('script_output')
    report('script_completion')
    this.#links.onMessage('request_pending_scripts', (guest) => {
      this.#dispatcher.push([guest.machineId], { again: true, answer: true })
      return Promise.resolve()
    })
    this.#links.onLinked((guest) => this.#linked(guest))
    this.#links.onUnlinked(({ machineId }) => {
      this.#acks.delete(machineId)
    })
    this.#links.onWritable(({ machineId }) => this.#writable(machineId))
  }

  #linked({ machineId }: LinkedGuest): Promise<void> {
    this.#acks.delete(machineId)
    this.#dispatcher.begin(machineId)
    this.#dispatcher.push([machineId], { again: true, answer: false })
    this.#cancel([machineId])
    return Promise.resolve()
  }

  #writable(machineId: string): void {
    for (const ack of this.#acks.get(machineId)?.splice(0) ?? []) this.#send(machineId, ack)
    this.#cancel([machineId])
    this.#dispatcher.push([machineId])
  }

  /** Acknowledgements of output are cumulative, so a lost one does not matter; those of results are kept. */
  #send(machineId: string, message: HostOutgoing): void {
    if (this.#links.send(machineId, message) !== 'full' || message.type === 'output_ack') return
    this.#acks.set(machineId, [...(this.#acks.get(machineId) ?? []), message])
  }

  #stored({ rows, freed }: StoredBatch): void {
    for (const { id } of rows) this.wakes.notify(id)
    this.push(freed)
    const retrying = rows.filter(
      ({ attempt, result_attempt, status }) => status === 'RUNNING' && result_attempt === attempt - 1 && attempt > 1,
    )
    if (retrying.length > 0) this.#timer.in(0)
  }

  async #due(machineIds: readonly string[]): Promise<void> {
    this.push(machineIds)
    await this.#end((tx) => dueStore.skipMissed(tx))
  }

  #hint(payload: string): void {
    const hint = parseHint(payload)
    if (!hint) return this.#all()
    const linked = Array.from(this.#links.linked(), ({ machineId }) => machineId)
    const machines = hint.machines ?? linked
    if (hint.kind === 'push') this.push(machines)
    else if (hint.kind === 'cancel') this.#cancel(machines)
    else if (hint.kind === 'time') this.#timer.in(0)
    else this.#onSchedules()
  }

  #all(): void {
    const linked = Array.from(this.#links.linked(), ({ machineId }) => machineId)
    this.push(linked)
    this.#cancel(linked)
    this.#timer.in(0)
    this.#onSchedules()
  }

  #cancel(machineIds: readonly string[]): void {
    this.#dispatcher
      .cancel(machineIds)
      .catch((error: unknown) =>
        this.#context.logger.warn(
          { err: error },
          'A cancellation could not be passed on; it is at the next connection',
        ),
      )
  }
}
