import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { Fault } from '@slipway/base'
import { waitForExit } from '../child-program.ts'
import { programFiles, type ProgramName } from '../repository.ts'

/** How long a program may take to stop by itself before it is killed; the demo promises five seconds in all. */
const stopMs = 4000
/** Lines kept to explain a program that ended too early. */
const keptLines = 12

/** One of our programs running beside the demo, its output in a log file. */
export class BackgroundProgram {
  readonly name: ProgramName
  readonly logFile: string
  readonly exited: Promise<number>
  readonly #child: ChildProcess
  readonly #tail: string[] = []
  readonly #listeners = new Set<(line: string) => void>()

  /** `env` beside this program's own environment. */
  constructor(name: ProgramName, args: readonly string[], logFile: string, env: Readonly<Record<string, string>> = {}) {
    mkdirSync(dirname(logFile), { recursive: true })
    this.name = name
    this.logFile = logFile
    const log = createWriteStream(logFile, { flags: 'w', mode: 0o600 })
    // A group of its own: Ctrl-C in the terminal then reaches only the demo, which stops its parts in order.
    this.#child = spawn(process.execPath, [programFiles[name], ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...env },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#take(line, log))
    }
    this.exited = waitForExit(this.#child)
    this.exited.catch(() => undefined) // whoever waits for a line hears of it; an unwatched end is no surprise at the stop
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Resolves with the first match of a line; throws with the program's last words if it ends before. */
  async waitForLine(pattern: RegExp, deadlineMs: number): Promise<RegExpExecArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
    const look = (line: string) => {
      const match = pattern.exec(line)
      if (match) resolve(match)
    }
    const timer = setTimeout(
      () => reject(this.#explain(`said nothing like ${pattern} in ${deadlineMs / 1000} s`)),
      deadlineMs,
    )
    this.#listeners.add(look)
    this.#tail.forEach(look)
    this.exited.then((code) => reject(this.#explain(`ended with exit code ${code}`))).catch(reject)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#listeners.delete(look)
    })
  }

  /** SIGTERM, then SIGKILL when that was not enough. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMs)
    await this.exited.catch(() => undefined)
    clearTimeout(timer)
  }

  #take(line: string, log: NodeJS.WritableStream): void {
    log.write(`${line}\n`)
    this.#tail.push(line)
    if (this.#tail.length > keptLines) this.#tail.shift()
    for (const listener of this.#listeners) listener(line)
  }

  #explain(what: string): Fault {
    const words = this.#tail.map((line) => `  | ${line}`).join('\n')
    return new Fault('unavailable', `the program ${this.name} ${what}; its log is ${this.logFile}\n${words}`)
  }
}
