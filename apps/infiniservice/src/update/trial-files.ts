import { readFileSync, renameSync, rmSync, linkSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { flushFolder, writeDurably } from '../durable-file.ts'
import { readEnvValue } from '../configuration/env-file.ts'

/** A program on trial after an update; packaging/infiniservice-guard describes the contract of these files. */
export interface Trial {
  readonly version: string
  readonly from: string
}

/** The update that was taken back, and why. */
export interface Returned extends Trial {
  readonly reason: string
}

/** The files beside the program that an update goes through. */
export class TrialFiles {
  readonly program: string
  readonly staged: string
  readonly #previous: string
  readonly #trial: string
  readonly #returned: string
  readonly #isWindows: boolean

  constructor(program: string, platform: NodeJS.Platform = process.platform) {
    this.program = program
    this.#isWindows = platform === 'win32'
    this.staged = `${program}.new`
    this.#previous = `${program}.previous`
    this.#trial = `${program}.trial`
    this.#returned = `${program}.returned`
  }

  readTrial(): Trial | null {
    return readTrialText(readIfThere(this.#trial))
  }

  readReturned(): Returned | null {
    const text = readIfThere(this.#returned)
    const trial = readTrialText(text)
    return trial && { ...trial, reason: readEnvValue(text ?? '', 'reason') ?? 'unknown' }
  }

  forgetReturned(): void {
    rmSync(this.#returned, { force: true })
  }

  /**
   * Puts the staged program in place and notes the trial, so that the next start is one. At no moment is there no program.
   * Windows cannot replace a running program: its service host does it while the agent is down (`state=staged`).
   */
  begin(trial: Trial): void {
    this.forgetReturned()
    const state = this.#isWindows ? 'staged' : 'trial'
    if (!this.#isWindows) {
      rmSync(this.#previous, { force: true })
      linkSync(this.program, this.#previous)
    }
    // The note comes first: a crash right after the swap must find it. Without the swap, the old program confirms nothing (its version is not the note's).
    writeDurably(this.#trial, noteText(trial, { state, starts: '0' }))
    if (this.#isWindows) return
    renameSync(this.staged, this.program)
    flushFolder(dirname(this.program))
  }

  /** The new program is good. The previous one stays beside it for an operator. */
  confirm(): void {
    rmSync(this.#trial, { force: true })
  }

  /** Takes the update back; the next start is the old program. */
  takeBack(trial: Trial, reason: string): void {
    if (this.#isWindows) return writeDurably(this.#trial, noteText(trial, { state: 'return', starts: '0', reason }))
    if (!existsSync(this.#previous)) return this.confirm() // nothing to return to: stay
    writeDurably(this.#returned, noteText(trial, { reason }))
    renameSync(this.#previous, this.program)
    this.confirm()
    flushFolder(dirname(this.program))
  }
}

function noteText(trial: Trial, more: Record<string, string>): string {
  const lines = Object.entries({ version: trial.version, from: trial.from, ...more })
  return lines.map(([name, value]) => `${name}=${value.replaceAll(/[\r\n]/g, ' ')}\n`).join('')
}

function readTrialText(text: string | null): Trial | null {
  const version = readEnvValue(text ?? '', 'version')
  return version === null ? null : { version, from: readEnvValue(text ?? '', 'from') ?? '' }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
