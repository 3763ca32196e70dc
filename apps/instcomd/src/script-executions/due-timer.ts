import type { AppContext } from '../app-context.ts'
import { dueStore } from './due-store.ts'

/** A hint of another instance can be lost: the table is looked at this often at least; milliseconds. */
const longestMs = 60_000
/** After an error. */
const againMs = 1000

/** Fires when rows come due: one timer at the next due time, set earlier by whoever knows of an earlier one. */
export class DueTimer {
  readonly #context: AppContext
  readonly #onDue: (machineIds: readonly string[]) => Promise<void>
  #since = ''
  #timer: NodeJS.Timeout | null = null
  #firesAt = Infinity
  #looking: Promise<void> | null = null
  #isStopped = false

  constructor(context: AppContext, onDue: (machineIds: readonly string[]) => Promise<void>) {
    this.#context = context
    this.#onDue = onDue
  }

  async start(): Promise<void> {
    this.#since = await dueStore.now(this.#context.database)
    this.in(0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#looking
  }

  /** Makes sure that it fires within `ms`. */
  in(ms: number): void {
    const at = performance.now() + Math.min(Math.max(0, ms), longestMs)
    if (this.#isStopped || at >= this.#firesAt) return
    if (this.#timer) clearTimeout(this.#timer)
    this.#firesAt = at
    // Rounded up: a millisecond early would find nothing and fire again at once.
    this.#timer = setTimeout(() => this.#fire(), Math.ceil(at - performance.now()) + 1)
    this.#timer.unref()
  }

  #fire(): void {
    this.#firesAt = Infinity
    if (this.#looking) return this.in(againMs / 10)
    this.#looking = this.#look().finally(() => (this.#looking = null))
  }

  async #look(): Promise<void> {
    try {
      const { now, machineIds, nextMs } = await dueStore.look(this.#context.database, this.#since)
      this.#since = now
      this.in(nextMs ?? longestMs)
      await this.#onDue(machineIds)
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'Due scripts could not be looked for; tried again in a second')
      this.in(againMs)
    }
  }
}
