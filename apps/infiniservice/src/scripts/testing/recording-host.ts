import {
  agentToHost,
  type AgentMessage,
  type AgentOutgoing,
  type HostMessage,
  type PendingScript,
} from '@slipway/protocol'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'
import type { HostSession, SessionPart } from '../../session/host-session.ts'

/** The host's end of a session: keeps what it was sent, refuses when told to, and acknowledges like instcomd. */
export class RecordingHost implements HostSession {
  open = false
  /** Messages still accepted before `send` returns false. */
  room = Number.POSITIVE_INFINITY
  acks = true
  readonly messages: AgentOutgoing[] = []
  readonly #part: SessionPart

  constructor(part: SessionPart) {
    this.#part = part
  }

  connect(): this {
    this.open = true
    this.#part.onOpen?.(this)
    return this
  }

  disconnect(): void {
    this.open = false
    this.#part.onClose?.()
  }

  send(message: AgentOutgoing): boolean {
    if (!this.open) throw new Error('a part sent without a session')
    if (this.room <= 0) return false
    this.room -= 1
    agentToHost[message.type].parse(message)
    this.messages.push(message)
    if (this.acks) queueMicrotask(() => this.#acknowledge(message))
    return true
  }

  tell(message: HostMessage): boolean {
    return this.#part.onMessage(message, this)
  }

  deliver(...scripts: PendingScript[]): void {
    this.tell({ type: 'pending_scripts_response', scripts })
  }

  of<T extends AgentMessage['type']>(type: T): Extract<AgentOutgoing, { type: T }>[] {
    // The predicate compares the discriminant, which TypeScript cannot follow through a type parameter.
    return this.messages.filter((message) => message.type === type) as Extract<AgentOutgoing, { type: T }>[]
  }

  /** The text of a stream, put together as a host does: by number, each once. */
  output(executionId: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    const pieces = this.of('script_output').filter(
      (each) => each.execution_id === executionId && each.stream === stream,
    )
    const bySeq = new Map(pieces.map((each) => [each.seq, each.data]))
    return [...bySeq.keys()]
      .sort((a, b) => a - b)
      .map((seq) => bySeq.get(seq))
      .join('')
  }

  completion(executionId: string, attempt = 1) {
    return eventually(() => {
      const isIt = (each: { execution_id: string; attempt?: number | undefined }) =>
        each.execution_id === executionId && each.attempt === attempt
      const found = this.of('script_completion').find(isIt)
      if (!found) throw new Error(`no completion of ${executionId} yet`)
      return found
    })
  }

  #acknowledge(message: AgentOutgoing): void {
    if (!this.open) return
    if (message.type === 'script_output') {
      const { execution_id, attempt, stream, seq } = message
      this.tell({ type: 'output_ack', execution_id, attempt, stream, seq })
    } else if (message.type === 'script_completion' && message.attempt !== undefined)
      this.tell({ type: 'script_ack', execution_id: message.execution_id, attempt: message.attempt })
  }
}

export function pendingScript(executionId: string, content: string, more: Partial<PendingScript> = {}): PendingScript {
  return {
    execution_id: executionId,
    attempt: 1,
    script_id: 'script',
    script_name: 'a test',
    script_content: content,
    shell: 'BASH',
    execution_type: 'ON_DEMAND',
    input_values: {},
    timeout_seconds: 60,
    run_as: null,
    env: {},
    ...more,
  }
}

/** A state directory that ends with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'infiniservice-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
