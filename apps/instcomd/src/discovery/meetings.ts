import { setTimeout as wait } from 'node:timers/promises'
import type { ReceivedAnswer } from '../machines/verify-answer.ts'

/** Handshakes at once: enough to meet a rack quickly, few enough to stay responsive. */
const atOnce = 16
/** Waiting strangers; more are dropped, they answer the next round again. */
const maxWaiting = 4096

/** Meets strangers a few at a time; one that is being met, or waits for it, is not queued again. */
export class Meetings {
  readonly #meet: (answer: ReceivedAnswer) => Promise<void>
  readonly #keys = new Set<string>()
  readonly #waiting: { key: string; answer: ReceivedAnswer; after: number }[] = []
  readonly #running = new Set<Promise<void>>()

  constructor(meet: (answer: ReceivedAnswer) => Promise<void>) {
    this.#meet = meet
  }

  add(key: string, answer: ReceivedAnswer, afterMs: number): void {
    if (this.#keys.has(key) || this.#waiting.length >= maxWaiting) return
    this.#keys.add(key)
    this.#waiting.push({ key, answer, after: afterMs })
    this.#next()
  }

  /** Resolves when nothing runs any more; what waits is forgotten. */
  async settled(): Promise<void> {
    this.#waiting.length = 0
    await Promise.allSettled(this.#running)
  }

  #next(): void {
    while (this.#running.size < atOnce) {
      const job = this.#waiting.shift()
      if (!job) return
      const run = this.#run(job).finally(() => {
        this.#running.delete(run)
        this.#keys.delete(job.key)
        this.#next()
      })
      this.#running.add(run)
    }
  }

  async #run(job: { answer: ReceivedAnswer; after: number }): Promise<void> {
    if (job.after > 0) await wait(job.after)
    await this.#meet(job.answer)
  }
}
