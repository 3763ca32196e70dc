import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { Fault, toFault, type Logger } from '@slipway/base'
import type { HostMessage } from '@slipway/protocol'
import type { SessionPart } from '../session/host-session.ts'
import { fetchUpdate } from './fetch-update.ts'
import type { MinisignKey } from './minisign.ts'
import { TrialFiles } from './trial-files.ts'
import { UpdateEvents } from './update-events.ts'

/** agent.md: a new version has to shake hands by then. */
const trialMs = 60_000
/** 110 MB over a slow line; after that the host asks again. */
const fetchDeadlineMs = 30 * 60_000
/** A restart would interrupt running scripts: it waits for a quiet moment, and looks every few seconds. */
const quietWaitMs = 60 * 60_000
const quietLookMs = 2_000

export interface UpdateOptions {
  /** The running program's file; null: it is no single file (run from source), so it cannot replace itself. */
  readonly program: string | null
  readonly version: string
  readonly stateDir: string
  /** Throws `configuration-invalid` when there is none. */
  readonly readKey: () => MinisignKey
  readonly readCa: () => string | null
  /** True while a restart would interrupt something. */
  readonly isBusy: () => boolean
  /** Ends the program; the service starts it again. */
  readonly leave: () => void
  readonly logger: Logger
  readonly trialMs?: number
  readonly quietLookMs?: number
}

/**
 * The agent's part that replaces the agent: `update` is fetched, checked, swapped in and put on trial; the next start
 * confirms it by a handshake, or takes it back after 60 s. Crashes at start are the guard's (packaging/infiniservice-guard).
 */
export function makeUpdates(options: UpdateOptions): SessionPart & { stop(): void } {
  return new Updates(options)
}

class Updates implements SessionPart {
  readonly #options: UpdateOptions
  readonly #files: TrialFiles | null
  readonly #events = new UpdateEvents()
  readonly #stop = new AbortController()
  #running: string | null = null
  #trialEnd: ReturnType<typeof setTimeout> | null = null

  constructor(options: UpdateOptions) {
    this.#options = options
    this.#files = options.program === null ? null : new TrialFiles(options.program)
    this.#readReturned()
    this.#beginTrial()
  }

  onOpen(session: Parameters<NonNullable<SessionPart['onOpen']>>[0]): void {
    this.#events.flush(session)
    this.#confirm()
  }

  onDrain(session: Parameters<NonNullable<SessionPart['onDrain']>>[0]): void {
    this.#events.flush(session)
  }

  onClose(): void {
    this.#events.flush(null)
  }

  onMessage(message: HostMessage): boolean {
    if (message.type !== 'update') return false
    void this.#update(message) // it never rejects: failures become events
    return true
  }

  stop(): void {
    this.#stop.abort()
    if (this.#trialEnd) clearTimeout(this.#trialEnd)
  }

  #readReturned(): void {
    const returned = this.#files?.readReturned()
    if (!returned) return
    const { version, from, reason } = returned
    this.#events.tell('returned', `the update to ${version} was taken back: ${reason}`, { version, from, reason })
    this.#files?.forgetReturned()
  }

  #beginTrial(): void {
    const trial = this.#files?.readTrial()
    if (!trial) return
    if (trial.version !== this.#options.version) return this.#files?.confirm() // a power cut came before the swap
    this.#options.logger.info({ version: trial.version }, 'this version is on trial until the host answers')
    this.#trialEnd = setTimeout(() => {
      const reason = `no handshake within ${(this.#options.trialMs ?? trialMs) / 1000} s`
      this.#options.logger.error({ version: trial.version }, `the update is taken back: ${reason}`)
      this.#files?.takeBack(trial, reason)
      this.#options.leave()
    }, this.#options.trialMs ?? trialMs)
  }

  #confirm(): void {
    if (!this.#trialEnd) return
    clearTimeout(this.#trialEnd)
    this.#trialEnd = null
    const trial = this.#files?.readTrial()
    this.#files?.confirm()
    if (trial) this.#events.tell('confirmed', `the update to ${trial.version} is confirmed`, { ...trial })
  }

  async #update(update: HostMessage<'update'>): Promise<void> {
    const facts = { version: update.version, from: this.#options.version }
    if (this.#running === update.sha256) return // the host may say it twice
    try {
      if (this.#running !== null) throw new Fault('conflict', 'another update is being installed; ask again after it')
      if (update.version === this.#options.version)
        return this.#events.tell('confirmed', `version ${update.version} runs already`, facts)
      const files = this.#files
      if (!files) throw new Fault('unsupported', 'this agent runs from its source and cannot replace itself')
      this.#running = update.sha256
      this.#events.tell('started', `the update to ${update.version} started`, facts)
      await this.#install(update, files)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      const fault = toFault(error)
      this.#options.logger.error({ code: fault.code, version: update.version }, fault.message)
      this.#events.tell('failed', fault.message, { ...facts, reason: fault.code })
    } finally {
      this.#running = null
    }
  }

  async #install(update: HostMessage<'update'>, files: TrialFiles): Promise<void> {
    await fetchUpdate({
      update,
      folder: join(this.#options.stateDir, 'update'),
      staged: files.staged,
      key: this.#options.readKey(),
      caPem: this.#options.readCa(),
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(fetchDeadlineMs)]),
    })
    await this.#quiet()
    files.begin({ version: update.version, from: this.#options.version })
    this.#options.logger.info({ version: update.version }, 'the update is in place; the agent starts again')
    this.#options.leave()
  }

  async #quiet(): Promise<void> {
    const end = performance.now() + quietWaitMs
    while (this.#options.isBusy()) {
      if (performance.now() > end) throw new Fault('conflict', 'scripts ran for an hour; the update was not installed')
      await delay(this.#options.quietLookMs ?? quietLookMs, undefined, { signal: this.#stop.signal })
    }
  }
}
