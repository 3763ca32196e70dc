import { open, readFile, truncate, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '@slipway/base'
import { machineEventSchema, planSchema, type MachineEvent } from '@slipway/protocol'
import { z } from 'zod'
import { flushFolder } from '../durable-file.ts'

const headerSchema = z.object({
  type: z.literal('opened'),
  installation_id: z.string(),
  plan_sha256: z.string(),
  plan: planSchema,
})

/** First line of a journal: what is being installed. Never the context, which holds passwords. */
export type JournalHeader = z.infer<typeof headerSchema>

/** An event before it has its number and time. */
export type EventBody = MachineEvent extends infer E ? (E extends MachineEvent ? Omit<E, 'seq' | 'at'> : never) : never

/**
 * The journal of one installation: newline-delimited JSON, append-only, flushed at step boundaries.
 * INVARIANTS
 * - Sequence numbers grow by one; after a power cut they go on from where instcomd's own journal ends (`advanceTo`).
 * - An event is seen by watchers only after it is written, and after the flush where it is a boundary.
 * - `ended` is the last event and there is one: what is appended behind it is dropped.
 */
export class Journal {
  readonly header: JournalHeader
  readonly events: MachineEvent[]
  readonly #handle: FileHandle
  readonly #waiting = new Set<() => void>()
  #seq: number
  #hasEnded: boolean
  #isClosed = false
  #queue: { event: MachineEvent; flush: boolean }[] = []
  #end: MachineEvent | null = null
  readonly #delivered = Promise.withResolvers<void>()
  #writing: Promise<void> | null = null

  private constructor(header: JournalHeader, events: MachineEvent[], handle: FileHandle) {
    this.header = header
    this.events = events
    this.#handle = handle
    this.#seq = events.at(-1)?.seq ?? 0
    this.#hasEnded = events.at(-1)?.type === 'ended'
  }

  /** Begins the journal of a new installation. */
  static async create(file: string, header: JournalHeader): Promise<Journal> {
    const handle = await open(file, 'ax', 0o600)
    await handle.write(`${JSON.stringify(header)}\n`)
    await handle.sync()
    await flushFolder(dirname(file))
    return new Journal(header, [], handle)
  }

  /** Takes up the journal of an earlier run; a last line torn by a power cut is cut off. Null when nothing is whole. */
  static async reopen(file: string): Promise<Journal | null> {
    const text = await readFile(file)
    const whole = text.lastIndexOf(0x0a) + 1
    const [first, ...rest] = text.subarray(0, whole).toString('utf8').split('\n').slice(0, -1)
    if (first === undefined) return null
    const header = parseLine(headerSchema, first)
    const events = rest.map((line) => parseLine(machineEventSchema, line))
    if (!header) return null
    const good = events.findIndex((event) => event === null)
    const kept = (good === -1 ? events : events.slice(0, good)).filter((event) => event !== null)
    const bytes = Buffer.byteLength([first, ...rest.slice(0, kept.length)].map((line) => `${line}\n`).join(''))
    await truncate(file, bytes)
    return new Journal(header, kept, await open(file, 'a', 0o600))
  }

  get lastSeq(): number {
    return this.#seq
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Numbering goes on behind what instcomd has stored already. */
  advanceTo(seq: number): void {
    this.#seq = Math.max(this.#seq, seq)
  }

  /** Numbers and writes an event; resolves when it is written (and flushed), and watchers see it. */
  append(body: EventBody, options: { flush: boolean }): Promise<void> {
    if (this.#hasEnded || this.#isClosed) return Promise.resolve()
    this.#seq += 1
    const event = { ...body, seq: this.#seq, at: new Date().toISOString() }
    if (event.type === 'ended') {
      this.#hasEnded = true
      this.#end = event
    }
    this.#queue.push({ event, flush: options.flush })
    this.#writing ??= this.#writeAll()
    return this.#writing
  }

  /** Replays the events behind `afterSeq` and follows until the last one or the signal. */
  async *follow(afterSeq: number, signal: AbortSignal): AsyncGenerator<MachineEvent> {
    let index = this.events.findIndex((event) => event.seq > afterSeq)
    if (index === -1) index = this.events.length
    while (!signal.aborted) {
      const event = this.events[index]
      if (!event) {
        await this.#nextEvent(signal)
        continue
      }
      index += 1
      if (event.seq > afterSeq) yield event
      if (event.type === 'ended') {
        this.#delivered.resolve() // whoever reads asked for more: the last event has left
        return
      }
    }
  }

  /** Resolves when a watcher has read the last event. */
  get delivered(): Promise<void> {
    return this.#delivered.promise
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined) // whoever appended has seen the failure
    await this.#closeFile()
  }

  async #closeFile(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }

  /** Many small events under load become one write; whatever came while writing goes with the next. */
  async #writeAll(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue
        this.#queue = []
        await this.#handle.appendFile(batch.map(({ event }) => `${JSON.stringify(event)}\n`).join(''))
        if (batch.some(({ flush }) => flush)) await this.#handle.datasync()
        for (const { event } of batch) this.events.push(event)
        this.#wake()
      }
      if (this.#hasEnded) await this.#closeFile()
    } catch (cause) {
      this.#publishEnd()
      throw new Fault('internal', 'the journal of the installation cannot be written; is the data directory full?', {
        cause,
      })
    } finally {
      this.#writing = null
    }
  }

  /** A full disk must not leave watchers waiting for ever: the end is told even where it cannot be written. */
  #publishEnd(): void {
    if (this.#end && this.events.at(-1) !== this.#end) this.events.push(this.#end)
    this.#wake()
  }

  #nextEvent(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake() // each removes itself; whoever waits again does so later
  }
}

function parseLine<T>(schema: z.core.$ZodType<T>, line: string): T | null {
  try {
    return z.parse(schema, JSON.parse(line))
  } catch {
    return null // torn by a power cut: the caller cuts the journal off here
  }
}
