import type { PendingScript } from '@slipway/protocol'
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { KeyedLog } from './keyed-log.ts'
import { runKey, type Attempt } from './run-key.ts'
import { runRecordSchema, type FinishedRun, type RunRecord, type RunResult } from './run-record.ts'

// INVARIANTS
// - `accept`, `begin` and `started` are fulfilled after their records are on disk: a process exists only after `begin` or `started`,
//   and a run whose journal says so is never begun again.
// - A last line without its newline was never synced, so what it announces has not happened.
// - `ended` and `finished` are written at once and synced soon after: nobody waits for them. An agent that is killed loses neither.
//   A power cut within that tenth of a second does: the next agent then says `interrupted` of a run whose result was sent, and the
//   host keeps the first it got; a host that got nothing hears what it would have heard had the power failed a moment earlier.
//   A lost `finished` means that the result is sent and acknowledged once more. Neither runs a script again.

/** What the journal tells of a run after a restart of the agent. */
export interface JournalledRun {
  readonly id: Attempt
  /** Null once it was begun: it is not begun again. */
  readonly script: PendingScript | null
  /** Of the processes it may have left behind; null when it was not started or its record is illegible. */
  readonly mark: string | null
  readonly result: RunResult | null
}

export interface LoadedRuns {
  readonly open: ReadonlyMap<string, JournalledRun>
  /** From the oldest to the newest. */
  readonly finished: readonly FinishedRun[]
}

/** All runs of this machine in one file, `journal` (JSON lines). */
export class RunJournal {
  readonly #stateDir: string
  readonly #now: () => number
  #log: KeyedLog
  readonly #makeLog: () => KeyedLog

  /** `onLost` hears of results that could not be brought to the disk after they were written. */
  constructor(options: {
    stateDir: string
    now: () => number
    onLost?: (error: unknown) => void
    slackBytes?: number
  }) {
    const { stateDir, now, onLost = () => {}, slackBytes } = options
    this.#stateDir = stateDir
    this.#now = now
    const path = join(stateDir, 'journal')
    this.#makeLog = () => new KeyedLog({ path, onLost, ...(slackBytes === undefined ? {} : { slackBytes }) })
    this.#log = this.#makeLog()
    mkdirSync(stateDir, { recursive: true })
    // A script of another user must reach its own program's text, and see nothing else.
    if (process.platform !== 'win32') chmodSync(stateDir, 0o711)
  }

  /** Reads everything; to be called once, first. What makes no sense is copied to `set-aside` and told to `onGarbage`. */
  load(onGarbage: (why: string) => void): LoadedRuns {
    try {
      return this.#load(onGarbage)
    } catch (error) {
      onGarbage(`it cannot be read: ${String(error)}`)
      renameSync(join(this.#stateDir, 'journal'), this.#aside())
      this.#log = this.#makeLog()
      return { open: new Map(), finished: [] }
    }
  }

  accept(script: PendingScript): Promise<void> {
    return this.#putAndSync(script, this.#accepted(script))
  }

  /** Accepted and started in one go: both are on disk when it is fulfilled. */
  begin(script: PendingScript, mark: string): Promise<void> {
    return this.#putAndSync(script, this.#accepted(script), this.#started(script, mark))
  }

  started(run: Attempt, mark: string): Promise<void> {
    return this.#putAndSync(run, this.#started(run, mark))
  }

  /** What was to be accepted is not, because its sync failed; throws when even that cannot be written. */
  refused(run: Attempt): void {
    this.#put(run, { record: 'refused', ...this.#line(run) })
    this.#log.drop(runKey(run))
  }

  ended(run: Attempt, result: RunResult): void {
    this.#put(run, { record: 'ended', ...this.#line(run), result })
    this.#log.syncSoon()
  }

  finished(run: FinishedRun): void {
    this.#put(run, { record: 'finished', ...run })
    this.#log.syncSoon()
  }

  /** A finished run that need not be known any more. */
  forget(key: string): void {
    this.#log.drop(key)
  }

  /** Fulfilled when everything is on disk. */
  sync(): Promise<void> {
    return this.#log.sync()
  }

  /** Brings everything to the disk and lets go of the file; what is written later opens it again. */
  close(): Promise<void> {
    return this.#log.close()
  }

  #load(onGarbage: (why: string) => void): LoadedRuns {
    const open = new Map<string, JournalledRun>()
    const finished = new Map<string, FinishedRun>()
    const suspects = new Map<string, Attempt>()
    let illegible = 0
    for (const { text, place } of this.#log.lines()) {
      const record = parseRecord(text)
      if (!record) {
        illegible += 1
        // It may have been the start of any run that waited.
        for (const [key, { id, script }] of open) if (script) suspects.set(key, id)
        continue
      }
      const key = runKey(record)
      suspects.delete(key)
      if (record.record === 'refused') this.#log.drop(key)
      else this.#log.keep(key, place)
      finished.delete(key)
      const run = afterRecord(record, open.get(key))
      if (run) open.set(key, run)
      else open.delete(key)
      if (record.record === 'finished') finished.set(key, record)
    }
    if (illegible > 0) {
      onGarbage(`${illegible} of its lines are illegible`)
      for (const [key, id] of suspects) open.set(key, { id, script: null, mark: null, result: null })
      this.#clean([...suspects.values()], onGarbage)
    }
    return { open, finished: [...finished.values()] }
  }

  /** Leaves out the illegible lines, once what they may have meant is written down; until then they stay. */
  #clean(suspects: readonly Attempt[], onGarbage: (why: string) => void): void {
    try {
      copyFileSync(join(this.#stateDir, 'journal'), this.#aside())
      for (const id of suspects) this.#put(id, this.#started(id, null))
      this.#log.rewriteSoon()
    } catch (error) {
      onGarbage(`its illegible lines could not be set aside: ${String(error)}`)
    }
  }

  #accepted(script: PendingScript): RunRecord {
    return { record: 'accepted', ...this.#line(script), script }
  }

  #started(run: Attempt, mark: string | null): RunRecord {
    return { record: 'started', ...this.#line(run), mark }
  }

  #line({ execution_id, attempt }: Attempt) {
    return { execution_id, attempt, at: this.#now() }
  }

  async #putAndSync(run: Attempt, ...records: readonly RunRecord[]): Promise<void> {
    this.#put(run, ...records)
    await this.#log.sync()
  }

  #put(run: Attempt, ...records: readonly RunRecord[]): void {
    this.#log.put(runKey(run), ...records.map((record) => JSON.stringify(record)))
  }

  /** Where the illegible journal goes; an earlier one is replaced. */
  #aside(): string {
    const directory = join(this.#stateDir, 'set-aside')
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    rmSync(join(directory, 'journal'), { recursive: true, force: true })
    return join(directory, 'journal')
  }
}

/** Null: nothing is left to do for this run. */
function afterRecord(record: RunRecord, before: JournalledRun | undefined): JournalledRun | null {
  const id = { execution_id: record.execution_id, attempt: record.attempt }
  switch (record.record) {
    case 'accepted':
      // Never back from begun to waiting.
      return before && !before.script ? before : { id, script: record.script, mark: null, result: null }
    case 'started':
      return { id, script: null, mark: record.mark, result: before?.result ?? null }
    case 'ended':
      return { id, script: null, mark: before?.mark ?? null, result: record.result }
    case 'finished':
    case 'refused':
      return null
  }
}

function parseRecord(line: string): RunRecord | null {
  try {
    const parsed = runRecordSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
