import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { readdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFreshDirectory } from './make-fresh-directory.ts'
import { trimLogs } from './trim-logs.ts'

/** Finished runs are put away after a second without another, so that it does not slow down the next script. */
const quietMs = 1_000
/** With so many waiting, quiet is no longer waited for. */
const mostWaiting = 1_000
/** A few at a time: the next sync of the journal waits for the file system to write down what was removed. */
const atOnce = 16
const pauseMs = 250

/** What stays of a run: its output. */
const isOutput = (name: string) => /^std(out|err)(\.tail)?$/.test(name)

/** The directories of the runs, with the program's text and the output's spools, and the logs they become. */
export class RunDirectories {
  readonly #stateDir: string
  readonly #runs: string
  readonly #logs: string
  readonly #beforePutAway: () => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #waiting = new Set<string>()
  #timer: NodeJS.Timeout | null = null
  #working: Promise<void> = Promise.resolve()

  /** `beforePutAway` brings to the disk that these runs are finished; when it fails they stay for the next time. */
  constructor(options: { stateDir: string; beforePutAway: () => Promise<void>; onFailure: (error: unknown) => void }) {
    this.#stateDir = options.stateDir
    this.#runs = join(options.stateDir, 'runs')
    this.#logs = join(options.stateDir, 'logs')
    this.#beforePutAway = options.beforePutAway
    this.#onFailure = options.onFailure
    mkdirSync(this.#runs, { recursive: true })
    if (process.platform !== 'win32') chmodSync(this.#runs, 0o711) // as the state directory
    mkdirSync(this.#logs, { recursive: true, mode: 0o700 })
  }

  path(key: string): string {
    return join(this.#runs, key)
  }

  /** Where a finished run's output stays for a while. */
  logPath(key: string): string {
    return join(this.#logs, key)
  }

  /** An empty one for a run that begins. Throws what the file system says. */
  make(key: string): void {
    makeFreshDirectory(this.path(key), 0o711)
  }

  remove(key: string): void {
    rmSync(this.path(key), { recursive: true, force: true })
  }

  /** Directories that no open run has: finished ones are put away, others are removed or, if there is more than a program, set aside. */
  tidy(isOpen: (key: string) => boolean, isFinished: (key: string) => boolean, onGarbage: (key: string) => void): void {
    for (const key of readdirSync(this.#runs)) {
      if (isOpen(key)) continue
      if (isFinished(key)) this.putAway(key)
      else if (this.#hasOnlyProgram(key)) this.remove(key)
      else {
        this.#setAside(key)
        onGarbage(key)
      }
    }
  }

  /** The host has everything of it: soon only the output stays, as a log. */
  putAway(key: string): void {
    this.#waiting.add(key)
    if (!this.#timer) this.#continueIn(quietMs)
    else if (this.#waiting.size < mostWaiting) this.#timer.refresh()
  }

  /** Puts away everything that waits, now. Never rejects. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#working = this.#working.then(() => this.#work(this.#waiting.size)).catch(this.#onFailure)
    return this.#working
  }

  #continueIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      // More at once when they come faster than they go.
      const most = Math.max(atOnce, Math.ceil(this.#waiting.size / atOnce))
      const worked = this.#working.then(() => this.#work(most))
      this.#working = worked.then(() => {
        if (this.#waiting.size > 0 && !this.#timer) this.#continueIn(pauseMs)
      }, this.#onFailure)
    }, ms)
  }

  async #work(most: number): Promise<void> {
    if (this.#waiting.size === 0) return
    const keys = [...this.#waiting].slice(0, most)
    await this.#beforePutAway()
    for (const key of keys) {
      this.#waiting.delete(key)
      await this.#archive(key).catch(this.#onFailure)
    }
    await trimLogs(this.#logs)
  }

  async #archive(key: string): Promise<void> {
    const directory = this.path(key)
    const names = await readdir(directory).catch(whenMissing)
    if (!names) return // it was never begun
    await Promise.all(names.filter((name) => !isOutput(name)).map((name) => unlink(join(directory, name))))
    if (!names.some(isOutput)) return rmdir(directory)
    await rm(this.logPath(key), { recursive: true, force: true })
    await rename(directory, this.logPath(key))
  }

  /** An agent that ended before the run was accepted leaves so much. */
  #hasOnlyProgram(key: string): boolean {
    try {
      return readdirSync(this.path(key)).every((name) => name.startsWith('script.'))
    } catch {
      return false
    }
  }

  #setAside(key: string): void {
    const aside = join(this.#stateDir, 'set-aside')
    mkdirSync(aside, { recursive: true, mode: 0o700 })
    rmSync(join(aside, key), { recursive: true, force: true })
    renameSync(this.path(key), join(aside, key))
  }
}

function whenMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
