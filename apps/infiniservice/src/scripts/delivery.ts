import type { AgentOutgoing } from '@slipway/protocol'
import type { HostSession } from '../session/host-session.ts'
import type { ScriptRun } from './script-run.ts'

/** Results on their way to the host at the same time: the others stay on disk until one is acknowledged. */
const mostDelivering = 16
/** After so long without an acknowledgement a result no longer waits for its output. */
const stalledMs = 10_000
/** After so long it is sent again, or, when only its output was never acknowledged, put away. */
const resendMs = 60_000

/** Tells the host what the runs have to tell, as fast as it takes it, and again after every break. */
export class Delivery {
  readonly #runs: Map<string, ScriptRun>
  /** Called when the host has everything of a run, or has long had its result. */
  readonly #onDelivered: (run: ScriptRun) => void
  readonly #delivering = new Set<ScriptRun>()
  #session: HostSession | null = null
  #firstMessage: AgentOutgoing | null = null

  constructor(options: { runs: Map<string, ScriptRun>; onDelivered: (run: ScriptRun) => void }) {
    this.#runs = options.runs
    this.#onDelivered = options.onDelivered
  }

  get open(): boolean {
    return this.#session?.open === true
  }

  /** `firstMessage` is sent before everything else, as soon as there is room. */
  begin(session: HostSession, firstMessage: AgentOutgoing | null): void {
    this.#session = session
    this.#firstMessage = firstMessage
    this.#delivering.clear()
    for (const run of this.#runs.values()) run.rewind()
    this.resume()
  }

  end(): void {
    this.#session = null
  }

  send(message: AgentOutgoing): boolean {
    return this.#session?.open === true && this.#session.send(message)
  }

  /** A run has something to tell, or heard something. */
  news(run: ScriptRun): void {
    if (run.acknowledged && run.outputAcked) this.#onDelivered(run)
    else this.#pump(run)
  }

  /** The host has this run's result: another may take its place. */
  acknowledged(run: ScriptRun): void {
    this.#delivering.delete(run)
    this.news(run)
    this.resume()
  }

  resume(): void {
    if (this.#firstMessage && !this.send(this.#firstMessage)) return
    this.#firstMessage = null
    for (const run of this.#runs.values()) if (!this.#pump(run)) return
  }

  /** To be called every few seconds. */
  tick(): void {
    if (!this.open) return
    // A list of its own: giving up a place changes the order of the runs.
    const isSent = (run: ScriptRun) => run.acknowledged || this.#delivering.has(run)
    const silent = [...this.#runs.values()].filter((run) => isSent(run) && run.silentMs >= resendMs)
    for (const run of silent) {
      if (run.acknowledged) this.#onDelivered(run)
      else this.#yieldPlace(run)
    }
    this.resume()
  }

  #pump(run: ScriptRun): boolean {
    if (!this.open || !this.#runs.has(run.key)) return true
    if (run.phase === 'ended' && !run.acknowledged && !this.#delivering.has(run)) {
      if (this.#delivering.size >= mostDelivering) return true
      this.#delivering.add(run)
    }
    return run.pump((message) => this.send(message), run.silentMs > stalledMs)
  }

  /** It is sent again, but after the others, whose places it must not hold. */
  #yieldPlace(run: ScriptRun): void {
    run.repeat()
    this.#delivering.delete(run)
    this.#runs.delete(run.key)
    this.#runs.set(run.key, run)
  }
}
