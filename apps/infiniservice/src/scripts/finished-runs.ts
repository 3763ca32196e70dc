import { existsSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readWholeLines } from './read-whole-lines.ts'
import { runKey, type Attempt } from './run-key.ts'
import { runResultSchema, type RunResult } from './run-record.ts'

/** A host keeps a row open for a day at most (scripts.result_wait); a week leaves room for a host restored from a backup. */
const rememberMs = 7 * 24 * 3_600_000
const rememberMost = 4_000

const lineSchema = z.object({
  execution_id: z.string(),
  /** 0: cancelled before it arrived, whatever the attempt. */
  attempt: z.int(),
  at: z.number(),
  result: runResultSchema,
})
export type FinishedRun = z.infer<typeof lineSchema>

/** The runs whose result the host has, so that a late duplicate is not run again: a week, at most 4 000. */
export class FinishedRuns {
  readonly #path: string
  readonly #now: () => number
  readonly #runs = new Map<string, FinishedRun>()
  #lines = 0
  #unwritten: FinishedRun[] = []
  #writing: Promise<void> | null = null

  constructor(options: { stateDir: string; now: () => number }) {
    this.#path = join(options.stateDir, 'finished')
    this.#now = options.now
    for (const line of readLines(this.#path)) {
      this.#lines += 1
      const run = parseLine(line)
      if (run) this.#runs.set(runKey(run), run)
    }
    this.#forget()
  }

  find(run: Attempt): FinishedRun | null {
    return this.#runs.get(runKey(run)) ?? this.#runs.get(runKey({ ...run, attempt: 0 })) ?? null
  }

  ofExecution(executionId: string): FinishedRun[] {
    return [...this.#runs.values()].filter((run) => run.execution_id === executionId)
  }

  /** Known at once; on disk when the promise is fulfilled. Many at the same time share one write. */
  async add(run: Attempt, result: RunResult): Promise<void> {
    const line = { execution_id: run.execution_id, attempt: run.attempt, at: this.#now(), result }
    this.#runs.set(runKey(run), line)
    this.#forget()
    this.#unwritten.push(line)
    while (this.#unwritten.includes(line) || this.#writing) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = null
      })
      await this.#writing
    }
  }

  async #write(): Promise<void> {
    const batch = this.#unwritten
    const compact = this.#lines + batch.length > 2 * rememberMost
    const runs = compact ? [...this.#runs.values()] : batch
    const path = compact ? `${this.#path}.new` : this.#path
    const file = await open(path, compact ? 'w' : 'a', 0o600)
    try {
      this.#unwritten = []
      await file.appendFile(runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
      await file.sync()
    } catch (error) {
      this.#unwritten = [...batch, ...this.#unwritten]
      throw error
    } finally {
      await file.close()
    }
    if (compact) await rename(path, this.#path)
    this.#lines = compact ? runs.length : this.#lines + batch.length
  }

  #forget(): void {
    const oldest = this.#now() - rememberMs
    for (const [key, run] of this.#runs) {
      if (run.at >= oldest && this.#runs.size <= rememberMost) return
      this.#runs.delete(key)
    }
  }
}

function readLines(path: string): string[] {
  return existsSync(path) ? readWholeLines(path) : []
}

/** Null: illegible, as a failing disk leaves it. */
function parseLine(line: string): FinishedRun | null {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
