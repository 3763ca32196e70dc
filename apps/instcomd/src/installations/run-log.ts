/** Wakes those who follow an installation's log on this instance; on another one they look once a second. */
export class RunLog {
  readonly #waiting = new Map<string, Set<() => void>>()

  notify(installationId: string): void {
    this.#waiting.get(installationId)?.forEach((wake) => wake())
  }

  isAwaited(installationId: string): boolean {
    return this.#waiting.has(installationId)
  }

  /** Resolves at the next notification, after `ms`, or when the signal aborts. */
  wait(installationId: string, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const set = this.#waiting.get(installationId) ?? new Set()
      this.#waiting.set(installationId, set)
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        set.delete(done)
        if (set.size === 0) this.#waiting.delete(installationId)
        resolve()
      }
      const timer = setTimeout(done, ms)
      set.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
