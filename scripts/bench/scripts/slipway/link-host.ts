import { createServer, type Server, type Socket } from 'node:net'
import {
  agentToHost,
  LineSplitter,
  type AgentMessage,
  type AgentMessageType,
  type HostMessage,
} from '@slipway/protocol'
import { z } from 'zod'
import type { Outcome, RunOptions } from '../contender.ts'
import { unlessAborted } from '../until.ts'

const typeSchema = z.looseObject({ type: z.string() })
const shell = 'BASH'

/** A script on its way. */
interface Running {
  readonly done: PromiseWithResolvers<Outcome>
  readonly output: string[]
  readonly onOutput: RunOptions['onOutput']
}

/** The host's side of agent.md, no more than is needed to run scripts: handshake, keep-alives, and every acknowledgement. */
export class LinkHost {
  readonly #server: Server
  #socket: Socket | null = null
  #session = 0
  readonly #open = Promise.withResolvers<void>()
  readonly #running = new Map<string, Running>()
  #last = 0

  constructor() {
    this.#server = createServer((socket) => this.#connected(socket))
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, resolve)
    })
  }

  /** Resolves when an agent's handshake was answered. */
  get linked(): Promise<void> {
    return this.#open.promise
  }

  async run(script: string, { signal, onOutput }: RunOptions): Promise<Outcome> {
    const execution_id = `bench-${process.pid}-${(this.#last += 1)}`
    const running = { done: Promise.withResolvers<Outcome>(), output: [], onOutput }
    this.#running.set(execution_id, running)
    this.#send({
      type: 'pending_scripts_response',
      scripts: [
        {
          execution_id,
          attempt: 1,
          script_id: 'bench',
          script_name: 'bench',
          script_content: script,
          shell,
          execution_type: 'ON_DEMAND',
          input_values: {},
          timeout_seconds: 600,
          run_as: null,
          env: {},
        },
      ],
    })
    try {
      return await unlessAborted(running.done.promise, signal)
    } finally {
      this.#running.delete(execution_id)
    }
  }

  close(): void {
    this.#socket?.destroy()
    this.#server.close()
  }

  #connected(socket: Socket): void {
    this.#socket?.destroy()
    this.#socket = socket
    const splitter = new LineSplitter()
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      for (const split of splitter.push(bytes)) {
        if ('fault' in split) throw split.fault
        this.#take(parseAgentLine(split.line))
      }
    })
  }

  #send(message: HostMessage): void {
    this.#socket?.write(`${JSON.stringify(message)}\n`)
  }

  #take(message: AgentMessage): void {
    switch (message.type) {
      case 'handshake':
        this.#session += 1
        this.#send({
          type: 'handshake_ack',
          session: `bench-${this.#session}`,
          server_time: new Date().toISOString(),
          metrics_interval_s: 30,
        })
        this.#open.resolve()
        return
      case 'keep_alive':
        this.#send({ type: 'keep_alive_response', sequence_number: message.sequence_number })
        return
      case 'script_output': {
        const { execution_id, attempt, stream, seq, data } = message
        this.#takeOutput(execution_id, data)
        this.#send({ type: 'output_ack', execution_id, attempt, stream, seq })
        return
      }
      case 'script_completion':
        this.#complete(message)
        return
      case 'error':
        for (const { done } of this.#running.values()) done.reject(new Error(`the agent says: ${message.error}`))
        return
      default:
    }
  }

  #takeOutput(executionId: string, data: string): void {
    const running = this.#running.get(executionId)
    running?.output.push(data)
    running?.onOutput?.(data)
  }

  #complete(message: AgentMessage<'script_completion'>): void {
    const { execution_id, attempt = 1, exit_code: exitCode, truncated } = message
    const running = this.#running.get(execution_id)
    running?.done.resolve({ exitCode, output: running.output, truncated })
    this.#send({ type: 'script_ack', execution_id, attempt })
  }
}

function parseAgentLine(line: string): AgentMessage {
  const value: unknown = JSON.parse(line)
  const { type } = typeSchema.parse(value)
  if (!isAgentType(type)) throw new Error(`the agent sent a message of the unknown type ${type}`)
  return agentToHost[type].parse(value)
}

function isAgentType(type: string): type is AgentMessageType {
  return Object.hasOwn(agentToHost, type)
}
