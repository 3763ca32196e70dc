import type { PendingScript } from '@slipway/protocol'
import {
  chmodSync,
  closeSync,
  fdatasync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readWholeLines } from './read-whole-lines.ts'
import { makeFreshDirectory } from './make-fresh-directory.ts'
import { acceptedRecordSchema, endedRecordSchema, startedRecordSchema } from './run-record.ts'
import type { RunRecord, RunResult } from './run-record.ts'
import { trimLogs } from './trim-logs.ts'
import { runKey, type Attempt } from './run-key.ts'

// INVARIANTS
// - `accept` returns after the record, the run's directory and its entry in `runs/` are on disk.
// - `started` is on disk before a process exists: a run whose journal says so is never begun again.
// - A last line without its newline was never synced, so what it announces has not happened.

/** Logs are looked through once in so many runs: it costs more than putting one away. */
const trimEvery = 20

/** What a run's journal tells after a restart of the agent. */
export interface JournalledRun {
  readonly script: PendingScript
  readonly started: boolean
  /** Of the processes it may have left behind; null when it was not started or its record is illegible. */
  readonly mark: string | null
  readonly result: RunResult | null
}

/** The runs on disk: one directory each, with `journal` (JSON lines), the program's text and the output's spool. */
export class RunJournal {
  readonly #runs: string
  readonly #logs: string
  readonly #aside: string
  readonly #now: () => number
  #archived = 0
  #trimming: Promise<void> | null = null

  constructor(options: { stateDir: string; now: () => number }) {
    this.#runs = join(options.stateDir, 'runs')
    this.#logs = join(options.stateDir, 'logs')
    this.#aside = join(options.stateDir, 'set-aside')
    this.#now = options.now
    for (const dir of [options.stateDir, this.#runs]) {
      mkdirSync(dir, { recursive: true })
      // A script of another user must reach its own program's text, and see nothing else.
      if (process.platform !== 'win32') chmodSync(dir, 0o711)
    }
    mkdirSync(this.#logs, { recursive: true, mode: 0o700 })
  }

  directory(key: string): string {
    return join(this.#runs, key)
  }

  /** Where a finished run's output stays for a while. */
  logDirectory(key: string): string {
    return join(this.#logs, key)
  }

  /** Reads every run, one at a time. A directory that makes no sense is set aside and named to `onGarbage`. */
  *load(onGarbage: (name: string, why: string) => void): Generator<JournalledRun> {
    for (const name of readdirSync(this.#runs)) {
      const read = this.#read(name)
      if (typeof read !== 'string') yield read
      else {
        this.#setAside(name)
        onGarbage(name, read)
      }
    }
  }

  async accept(script: PendingScript): Promise<void> {
    const directory = this.directory(runKey(script))
    makeFreshDirectory(directory, 0o711)
    await Promise.all([
      this.#append(script, { record: 'accepted', at: this.#time(), script }),
      syncDirectory(directory),
      syncDirectory(this.#runs),
    ])
  }

  started(run: Attempt, mark: string): Promise<void> {
    return this.#append(run, { record: 'started', at: this.#time(), mark })
  }

  ended(run: Attempt, result: RunResult): Promise<void> {
    return this.#append(run, { record: 'ended', at: this.#time(), result })
  }

  /** The host has everything: only the output stays, as a log. */
  async archive(key: string): Promise<void> {
    const directory = this.directory(key)
    await Promise.all([
      rm(join(directory, 'program'), { recursive: true, force: true }),
      ...['journal', 'stdout.pieces', 'stderr.pieces'].map((name) => removeFile(join(directory, name))),
    ])
    await rename(directory, this.logDirectory(key))
    this.#archived += 1
    if (this.#archived % trimEvery === 0) await this.#trim()
  }

  /** One walk over the logs serves all runs that were put away before it began. */
  #trim(): Promise<void> {
    this.#trimming ??= Promise.resolve().then(() => {
      this.#trimming = null
      return trimLogs(this.#logs)
    })
    return this.#trimming
  }

  /** Only the wait for the disk is asynchronous: the rest takes microseconds, and less than a turn of the thread pool. */
  async #append(run: Attempt, record: RunRecord): Promise<void> {
    const file = openSync(join(this.directory(runKey(run)), 'journal'), 'a', 0o600)
    try {
      writeFileSync(file, `${JSON.stringify(record)}\n`)
      await sync(file)
    } finally {
      closeSync(file)
    }
  }

  #read(name: string): JournalledRun | string {
    let lines: string[]
    try {
      lines = readWholeLines(join(this.#runs, name, 'journal'))
    } catch (error) {
      return `its journal cannot be read: ${String(error)}`
    }
    const [first, second, ...rest] = lines.map(parseLine)
    const accepted = acceptedRecordSchema.safeParse(first)
    if (!accepted.success) return 'the first line of its journal is not a record of acceptance'
    const { script } = accepted.data
    if (runKey(script) !== name) return 'its journal belongs to another run'
    const result = [second, ...rest].map((line) => endedRecordSchema.safeParse(line)).find((each) => each.success)
    const started = startedRecordSchema.safeParse(second)
    return {
      script,
      // Any further line, even an illegible one, may mean that the process existed.
      started: lines.length > 1,
      mark: started.success ? started.data.mark : null,
      result: result?.data.result ?? null,
    }
  }

  #setAside(name: string): void {
    mkdirSync(this.#aside, { recursive: true, mode: 0o700 })
    rmSync(join(this.#aside, name), { recursive: true, force: true })
    renameSync(join(this.#runs, name), join(this.#aside, name))
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

/** rm(force) in one call in place of four. */
async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

const sync = promisify(fdatasync)

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return // directories cannot be opened there; NTFS journals their entries
  const directory = openSync(path, 'r')
  try {
    await sync(directory)
  } finally {
    closeSync(directory)
  }
}
