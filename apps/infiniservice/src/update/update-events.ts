import type { AgentOutgoing } from '@slipway/protocol'
import type { HostSession } from '../session/host-session.ts'

/** How far an update came, as its `agent_event` says in `context.update`. */
export type UpdatePhase = 'started' | 'failed' | 'confirmed' | 'returned'

/** More than an operator would read; the oldest go first. */
const mostWaiting = 16

/** Tells the host about updates; what cannot be sent now waits for the next session. */
export class UpdateEvents {
  #session: HostSession | null = null
  #waiting: AgentOutgoing[] = []

  tell(phase: UpdatePhase, message: string, context: { version: string; from: string; reason?: string }): void {
    const severity = phase === 'failed' || phase === 'returned' ? 'error' : 'info'
    const event: AgentOutgoing = {
      type: 'agent_event',
      severity,
      source: 'update',
      message,
      context: { update: phase, ...context },
    }
    this.#waiting = [...this.#waiting, event].slice(-mostWaiting)
    this.flush(this.#session)
  }

  flush(session: HostSession | null): void {
    this.#session = session
    while (session && this.#waiting[0] && session.send(this.#waiting[0])) this.#waiting.shift()
  }
}
