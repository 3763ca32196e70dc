import type { Logger } from '@slipway/base'

/** What was opened, to be closed in the opposite order; each once, and none keeps the next from closing. */
export class Closers {
  readonly #logger: Logger
  #entries: { what: string; close: () => unknown }[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add(what: string, close: () => unknown): void {
    this.#entries.push({ what, close })
  }

  async closeAll(): Promise<void> {
    const entries = this.#entries.reverse()
    this.#entries = []
    for (const { what, close } of entries) {
      try {
        await close()
      } catch (error) {
        this.#logger.warn({ err: error }, `could not close: ${what}`)
      }
    }
  }
}
