import type { AppContext } from '../app-context.ts'
import { agentTokens } from './agent-tokens.ts'
import { expireHistory, rollUp } from './metrics-history.ts'
import { requestStore } from './request-store.ts'
import { sessionStore } from './session-store.ts'

const managedMs = 5000
const historyMs = 60_000
/** Any constant that nobody else locks: of several instances, one does a round. */
const advisoryLock = 7_534_216

/** The rounds that no guest waits for: sums of metrics, retention, machines that were installed while their agent was linked. */
export class Upkeep {
  readonly #context: AppContext
  #timers: NodeJS.Timeout[] = []

  constructor(context: AppContext) {
    this.#context = context
  }

  start(): void {
    this.#timers = [
      setInterval(() => void this.#run('managed', () => this.markManaged()), managedMs),
      setInterval(() => void this.#run('history', () => this.keepHistory()), historyMs),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  async markManaged(): Promise<void> {
    const { database, instanceId, appendEvent } = this.#context
    const ids = await sessionStore.installedAndLinked(database, instanceId)
    if (ids.length === 0) return
    await database.transaction(async (tx) => {
      const changed = await sessionStore.markManaged(tx, ids)
      const events = changed.map((machine_id) => ({
        type: 'machines.updated' as const,
        data: { machine_id, status: 'managed' },
        actor: 'instcomd',
      }))
      await appendEvent(tx, events)
    })
  }

  async keepHistory(): Promise<void> {
    await this.#context.database.transaction(async (tx) => {
      const [row] = await tx.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [advisoryLock])
      if (!row?.mine) return
      await rollUp(tx)
      await expireHistory(tx)
      await requestStore.expire(tx)
      await agentTokens.expire(tx)
    })
  }

  async #run(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#context.logger.debug({ err: error, what }, 'Upkeep of guests failed; the next round tries again')
    }
  }
}
