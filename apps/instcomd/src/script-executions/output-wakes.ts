/** Wakes those who follow an execution's output on this instance; on another one they look again after a while. */
export class OutputWakes {
  readonly #waiting = new Map<string, Set<() => void>>()

  notify(executionId: string): void {
    this.#waiting.get(executionId)?.forEach((wake) => wake())
  }

  /** Calls `wake` at each notification; returns the way to stop. */
  subscribe(executionId: string, wake: () => void): () => void {
    const set = this.#waiting.get(executionId) ?? new Set()
    this.#waiting.set(executionId, set.add(wake))
    return () => {
      set.delete(wake)
      if (set.size === 0) this.#waiting.delete(executionId)
    }
  }
}
