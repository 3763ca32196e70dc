import type { AppContext } from '../app-context.ts'
import type { EnrolledMachine } from '../enrollments/service.ts'
import type { AgentSocket } from '../guests/agent-sockets.ts'
import type { AgentPeer } from '../http/agent-peer.ts'
import type { Handlers } from '../http/handler.ts'

/** What the nouns of the domain give to the program: their routes, and loops that start and stop. */
export interface DomainPart {
  readonly handlers: Handlers
  start(): Promise<void>
  /** Stops taking work, finishes or journals, within two seconds. */
  stop(): Promise<void>
  /** A machine enrolled by its medium's token; throws `machine-conflict` when it must not get its certificate. */
  onMachineEnrolled(machine: EnrolledMachine): Promise<void>
  /** An agent's WebSocket, after its certificate was checked. */
  onAgentLink(socket: AgentSocket, peer: AgentPeer): void
}

export type MakeDomain = (context: AppContext) => DomainPart
