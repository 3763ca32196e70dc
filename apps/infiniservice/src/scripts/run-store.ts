import type { Logger } from '@slipway/base'
import type { PendingScript } from '@slipway/protocol'
import { FinishedRuns } from './finished-runs.ts'
import { RunDirectories } from './run-directories.ts'
import { RunJournal, type JournalledRun } from './run-journal.ts'
import { runKey, type Attempt } from './run-key.ts'
import type { RunResult } from './run-record.ts'

/** What this machine keeps of its runs: the journal, the directories, and the finished ones. */
export class RunStore {
  readonly journal: RunJournal
  readonly directories: RunDirectories
  readonly finished: FinishedRuns
  readonly #logger: Logger

  constructor(options: { stateDir: string; logger: Logger; now: () => number }) {
    const { stateDir, logger, now } = options
    this.#logger = logger
    const report = (what: string) => (error: unknown) => logger.error({ error: String(error) }, what)
    this.journal = new RunJournal({ stateDir, now, onLost: report('results may not be on disk') })
    this.directories = new RunDirectories({
      stateDir,
      beforePutAway: () => this.journal.sync(),
      onFailure: report('a finished run could not be put away'),
    })
    this.finished = new FinishedRuns({ journal: this.journal, now })
  }

  /** The runs that a former agent left open; to be called once, first. */
  recover(): Iterable<JournalledRun> {
    const { open, finished } = this.journal.load((why) => this.#logger.error({ why }, 'the journal was set aside'))
    for (const run of finished) this.finished.restore(run)
    const finishedKeys = new Set(finished.map(runKey))
    this.directories.tidy(
      (key) => open.has(key),
      (key) => finishedKeys.has(key),
      (name) => this.#logger.error({ name }, 'a directory that belongs to no run was set aside'),
    )
    return open.values()
  }

  /** On disk when it is fulfilled; rejects with what the file system says. */
  async accept(script: PendingScript): Promise<void> {
    this.directories.make(runKey(script))
    await this.journal.accept(script)
  }

  /** Accepted and started, with one sync. */
  async begin(script: PendingScript, mark: string): Promise<void> {
    this.directories.make(runKey(script))
    await this.journal.begin(script, mark)
  }

  async started(run: Attempt, mark: string): Promise<void> {
    this.directories.make(runKey(run))
    await this.journal.started(run, mark)
  }

  /** Undoes an acceptance that could not be brought to the disk, as far as the disk lets it. */
  refuse(run: Attempt): void {
    try {
      this.directories.remove(runKey(run))
      this.journal.refused(run)
    } catch (error) {
      this.#logger.error({ ...run, error: String(error) }, 'a refused script could not be removed')
    }
  }

  /** The host has everything. */
  putAway(run: Attempt, result: RunResult): void {
    try {
      this.finished.add(run, { ...result, note: null })
      this.directories.putAway(runKey(run))
    } catch (error) {
      // Its journal says `ended`: after a restart the result is sent and acknowledged again.
      this.#logger.error({ ...run, error: String(error) }, 'a finished run could not be put away')
    }
  }

  /** Brings everything to the disk. Never rejects. */
  async close(): Promise<void> {
    await this.directories.flush()
    await this.journal
      .close()
      .catch((error: unknown) => this.#logger.error({ error: String(error) }, 'results may not be on disk'))
  }
}
