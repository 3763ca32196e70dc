import {
  agentToHost,
  hostToAgent,
  type AgentMessage,
  type AgentMessageType,
  type AgentOutgoing,
  type HostOutgoing,
  type PendingScript,
} from '@slipway/protocol'
import type { GuestLinks, LinkedGuest, SendOutcome } from '../../guests/guest-links.ts'

type AnyHandler = (guest: LinkedGuest, message: AgentMessage) => Promise<void>

/** Links in memory with agents that a test drives; every message passes the schemas of the wire. */
export class FakeLinks implements GuestLinks {
  readonly #agents = new Map<string, FakeAgent>()
  readonly #handlers = new Map<AgentMessageType, AnyHandler[]>()
  readonly #onLinked: ((guest: LinkedGuest) => Promise<void>)[] = []
  readonly #onUnlinked: ((guest: LinkedGuest) => void)[] = []
  readonly #onWritable: ((guest: LinkedGuest) => void)[] = []
  #sessions = 0

  /** Links an agent, as a handshake does. */
  async link(agent: FakeAgent): Promise<void> {
    this.#sessions += 1
    agent.guest = {
      machineId: agent.machineId,
      session: `session-${this.#sessions}`,
      protocol: agent.protocol,
      platform: agent.platform,
    }
    agent.deliver = (message) => this.#deliver(agent, message)
    this.#agents.set(agent.machineId, agent)
    for (const handler of this.#onLinked) await handler(agent.guest)
  }

  unlink(agent: FakeAgent): void {
    this.#agents.delete(agent.machineId)
    if (agent.guest) for (const handler of this.#onUnlinked) handler(agent.guest)
  }

  writable(agent: FakeAgent): void {
    agent.isFull = false
    if (agent.guest) for (const handler of this.#onWritable) handler(agent.guest)
  }

  *linked(): Iterable<LinkedGuest> {
    for (const { guest } of this.#agents.values()) if (guest) yield guest
  }

  find(machineId: string): LinkedGuest | null {
    return this.#agents.get(machineId)?.guest ?? null
  }

  send(machineId: string, message: HostOutgoing): SendOutcome {
    const agent = this.#agents.get(machineId)
    if (!agent) return 'not-connected'
    if (agent.isFull) return 'full'
    hostToAgent[message.type].parse(JSON.parse(JSON.stringify(message)))
    agent.receive(message)
    return 'sent'
  }

  onMessage<T extends AgentMessageType>(
    type: T,
    handler: (guest: LinkedGuest, message: AgentMessage<T>) => Promise<void>,
  ): void {
    // The map is keyed by the type that the handler takes.
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler as AnyHandler])
  }

  onLinked(handler: (guest: LinkedGuest) => Promise<void>): void {
    this.#onLinked.push(handler)
  }

  onUnlinked(handler: (guest: LinkedGuest) => void): void {
    this.#onUnlinked.push(handler)
  }

  onWritable(handler: (guest: LinkedGuest) => void): void {
    this.#onWritable.push(handler)
  }

  async #deliver(agent: FakeAgent, message: AgentOutgoing): Promise<void> {
    const parsed = agentToHost[message.type].parse(JSON.parse(JSON.stringify(message)))
    if (!agent.guest) return
    for (const handler of this.#handlers.get(message.type) ?? []) await handler(agent.guest, parsed)
  }
}

/** What a fake agent does with a script it got for the first time. */
export type Behaviour = (script: PendingScript, agent: FakeAgent) => void | Promise<void>

/** Accepts, starts, prints the program and succeeds. */
export const succeeds: Behaviour = async (script, agent) => {
  await agent.accept(script)
  await agent.start(script)
  await agent.print(script, 1, `ran ${script.script_name}\n`)
  await agent.complete(script)
}

/** An agent in memory; it starts each attempt at most once, and remembers all that it got. */
export class FakeAgent {
  readonly machineId: string
  readonly protocol: 1 | 2
  readonly platform: 'linux' | 'windows' | null
  readonly received: HostOutgoing[] = []
  /** Every script of every message, repeated ones too. */
  readonly scripts: PendingScript[] = []
  readonly started = new Set<string>()
  behaviour: Behaviour = succeeds
  guest: LinkedGuest | null = null
  isFull = false
  deliver: (message: AgentOutgoing) => Promise<void> = () => Promise.resolve()
  readonly #seen = new Set<string>()

  constructor(
    machineId: string,
    options: { protocol?: 1 | 2; platform?: 'linux' | 'windows' | null; behaviour?: Behaviour } = {},
  ) {
    this.machineId = machineId
    this.protocol = options.protocol ?? 2
    this.platform = options.platform === undefined ? 'linux' : options.platform
    if (options.behaviour) this.behaviour = options.behaviour
  }

  receive(message: HostOutgoing): void {
    this.received.push(message)
    if (message.type !== 'pending_scripts_response') return
    for (const script of message.scripts) {
      this.scripts.push(script)
      const key = `${script.execution_id} ${script.attempt}`
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      // After the sender's turn, as over a wire.
      setImmediate(() => void this.behaviour(script, this))
    }
  }

  /** Messages of one type. */
  got<T extends HostOutgoing['type']>(type: T): Extract<HostOutgoing, { type: T }>[] {
    return this.received.filter((message) => message.type === type) as Extract<HostOutgoing, { type: T }>[] // just filtered
  }

  accept({ execution_id, attempt }: Attempt): Promise<void> {
    return this.deliver({ type: 'script_accepted', execution_id, attempt })
  }

  start({ execution_id, attempt }: Attempt): Promise<void> {
    this.started.add(`${execution_id} ${attempt}`)
    return this.deliver({ type: 'script_started', execution_id, attempt })
  }

  print(
    { execution_id, attempt }: Attempt,
    seq: number,
    data: string,
    stream: 'stdout' | 'stderr' = 'stdout',
  ): Promise<void> {
    return this.deliver({ type: 'script_output', execution_id, attempt, stream, seq, data })
  }

  complete({ execution_id, attempt }: Attempt, more: Partial<Completion> = {}): Promise<void> {
    return this.deliver({ type: 'script_completion', execution_id, attempt, exit_code: 0, ...more })
  }

  ask(): Promise<void> {
    return this.deliver({ type: 'request_pending_scripts' })
  }
}

interface Attempt {
  readonly execution_id: string
  readonly attempt: number
}
type Completion = Extract<AgentOutgoing, { type: 'script_completion' }>
