import type { RunJournal } from './run-journal.ts'
import { runKey, type Attempt } from './run-key.ts'
import type { FinishedRun, RunResult } from './run-record.ts'

/** A host keeps a row open for a day at most (scripts.result_wait); a week leaves room for a host restored from a backup. */
const rememberMs = 7 * 24 * 3_600_000
const rememberMost = 4_000

/** The runs whose result the host has, so that a late duplicate is not run again: a week, at most 4 000. */
export class FinishedRuns {
  readonly #journal: RunJournal
  readonly #now: () => number
  readonly #runs = new Map<string, FinishedRun>()

  constructor(options: { journal: RunJournal; now: () => number }) {
    this.#journal = options.journal
    this.#now = options.now
  }

  /** One that the journal tells of, in the journal's order. */
  restore(run: FinishedRun): void {
    this.#runs.set(runKey(run), run)
    this.#forget()
  }

  find(run: Attempt): FinishedRun | null {
    return this.#runs.get(runKey(run)) ?? this.#runs.get(runKey({ ...run, attempt: 0 })) ?? null
  }

  ofExecution(executionId: string): FinishedRun[] {
    return [...this.#runs.values()].filter((run) => run.execution_id === executionId)
  }

  /** Known at once; on disk with the journal's next sync. Throws when the journal cannot be written. */
  add({ execution_id, attempt }: Attempt, result: RunResult): void {
    const run = { execution_id, attempt, at: this.#now(), result }
    this.#runs.delete(runKey(run)) // the order is that of age
    this.#runs.set(runKey(run), run)
    this.#forget()
    this.#journal.finished(run)
  }

  #forget(): void {
    const oldest = this.#now() - rememberMs
    for (const [key, run] of this.#runs) {
      if (run.at >= oldest && this.#runs.size <= rememberMost) return
      this.#runs.delete(key)
      this.#journal.forget(key)
    }
  }
}
