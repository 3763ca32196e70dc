import type { AgentOutgoing, HostMessage } from '@slipway/protocol'
import type { HostSession, SessionPart } from '../session/host-session.ts'
import type { GuestFaults } from './guest-fault.ts'

/**
 * A part whose words reach the host late or twice (faults `slow`, `late`, `duplicate`). What waits when the session ends
 * is lost, as it would be in a guest's queue: the part within says it again. It has no timers (`tick`).
 */
export class UnsteadyPart implements SessionPart {
  readonly #within: SessionPart
  readonly #slowMs: number
  readonly #lateMs: number
  readonly #twice: boolean
  #waiting: { readonly dueAt: number; readonly message: AgentOutgoing }[] = []
  #session: HostSession | null = null
  #shown: HostSession | null = null

  constructor(within: SessionPart, faults: GuestFaults) {
    this.#within = within
    this.#slowMs = (faults.get('slow') ?? 0) * 1000
    this.#lateMs = (faults.get('late') ?? 0) * 1000
    this.#twice = faults.has('duplicate')
  }

  onOpen(session: HostSession): void {
    this.#session = session
    this.#shown = this.#disguise(session)
    this.#within.onOpen?.(this.#shown)
  }

  onClose(): void {
    this.#session = null
    this.#shown = null
    this.#waiting = []
    this.#within.onClose?.()
  }

  onDrain(session: HostSession): void {
    this.#within.onDrain?.(this.#shown ?? session)
  }

  onMessage(message: HostMessage, session: HostSession): boolean {
    return this.#within.onMessage(message, this.#shown ?? session)
  }

  /** `now` is monotonic, in milliseconds. */
  tick(now: number): void {
    const session = this.#session
    if (!session || this.#waiting.length === 0) return
    const due = this.#waiting.filter(({ dueAt }) => dueAt <= now)
    this.#waiting = this.#waiting.filter(({ dueAt }) => dueAt > now)
    for (const { message } of due) this.#say(session, message)
  }

  #disguise(session: HostSession): HostSession {
    return {
      get open() {
        return session.open
      },
      send: (message) => {
        const late = message.type === 'script_completion' ? this.#lateMs : 0
        const wait = this.#slowMs + late
        if (wait === 0) return this.#say(session, message)
        this.#waiting.push({ dueAt: performance.now() + wait, message })
        return session.open
      },
    }
  }

  #say(session: HostSession, message: AgentOutgoing): boolean {
    const sent = session.send(message)
    if (sent && this.#twice && message.type === 'script_completion') session.send(message)
    return sent
  }
}
