import { Fault, makeId } from '@slipway/base'
import type { AgentMessage, HostOutgoing } from '@slipway/protocol'
import { z } from 'zod'
import type { AppContext } from '../app-context.ts'
import type { Links } from './links.ts'
import { requestStore } from './request-store.ts'

/** PostgreSQL channel: `request:<machine id>` or `answer:<request id>`; hints only. */
export const requestsChannel = 'slipway_guest_requests'

/** Beside the command's own time: the way there and back. */
const graceMs = 10_000
/** A lost hint costs this much at most. */
const pollMs = 1000

type Answer =
  | AgentMessage<'response'>
  | { readonly fault: { code: 'guest-not-connected' | 'unavailable'; message: string } }

const answerSchema = z.union([
  z.object({ fault: z.object({ code: z.enum(['guest-not-connected', 'unavailable']), message: z.string() }) }),
  z.custom<AgentMessage<'response'>>((value) => typeof value === 'object' && value !== null && 'success' in value),
])

interface Waiting {
  readonly session: string
  readonly resolve: (answer: Answer) => void
}

/** Asks agents and waits for their answers; where another instance holds the link, through a row and a NOTIFY. */
export class GuestRequests {
  readonly #context: AppContext
  readonly #links: Links
  /** By the command's id: the agent gives it back. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #answers = new Map<string, () => void>()
  #stopListening: (() => Promise<void>) | null = null

  constructor(context: AppContext, links: Links) {
    this.#context = context
    this.#links = links
    links.onMessage('response', (guest, message) => {
      const waiting = this.#waiting.get(message.id)
      if (waiting?.session === guest.session) waiting.resolve(message)
      return Promise.resolve()
    })
    links.onUnlinked((guest) => {
      for (const waiting of this.#waiting.values())
        if (waiting.session === guest.session) waiting.resolve(gone('its agent went away before it answered'))
    })
  }

  async start(): Promise<void> {
    this.#stopListening = await this.#context.database.listen(requestsChannel, (payload) => this.#hint(payload))
  }

  async stop(): Promise<void> {
    await this.#stopListening?.()
  }

  /** Sends a command and returns the agent's response. Throws `guest-not-connected`, `unavailable`. */
  async command(
    machineId: string,
    input: { command_type: { action: string }; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<AgentMessage<'response'>> {
    const message: HostOutgoing = {
      type: 'SafeCommand',
      id: makeId('cmd'),
      command_type: input.command_type,
      timeout: input.timeoutMs / 1000,
    }
    const answer = await this.#ask(machineId, message, input.timeoutMs + graceMs, signal)
    if (!('fault' in answer)) return answer
    throw new Fault(answer.fault.code, answer.fault.message, { details: { machine_id: machineId } })
  }

  /** Hands a message to whoever holds the link. Throws `guest-not-connected`, `unavailable`. */
  async tell(machineId: string, message: HostOutgoing, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(machineId, message, graceMs, signal)
    if ('fault' in answer)
      throw new Fault(answer.fault.code, answer.fault.message, { details: { machine_id: machineId } })
  }

  #ask(machineId: string, message: HostOutgoing, deadlineMs: number, signal: AbortSignal): Promise<Answer> {
    return this.#links.find(machineId)
      ? this.#askHere(machineId, message, deadlineMs, signal)
      : this.#askThere(machineId, message, deadlineMs, signal)
  }

  async #askHere(machineId: string, message: HostOutgoing, deadlineMs: number, signal: AbortSignal): Promise<Answer> {
    const session = this.#links.find(machineId)?.session
    const { promise, resolve } = Promise.withResolvers<Answer>()
    if (message.type === 'SafeCommand' && session !== undefined) this.#waiting.set(message.id, { session, resolve })
    const timer = setTimeout(() => resolve(late(deadlineMs)), deadlineMs)
    const stop = () => resolve(gone('the caller went away'))
    signal.addEventListener('abort', stop, { once: true })
    try {
      const sent = this.#links.send(machineId, message)
      if (sent === 'not-connected') return gone('its agent is not connected')
      if (sent === 'full') return { fault: { code: 'unavailable', message: busyWords } }
      return message.type === 'SafeCommand' ? await promise : handedOver
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      if (message.type === 'SafeCommand') this.#waiting.delete(message.id)
    }
  }

  /** The instance that holds the link takes the row, asks, and writes the answer into it. */
  async #askThere(machineId: string, message: HostOutgoing, deadlineMs: number, signal: AbortSignal): Promise<Answer> {
    const { database } = this.#context
    const id = makeId('grq')
    const written = await requestStore.write(database, {
      id,
      machineId,
      message,
      ms: deadlineMs,
      channel: requestsChannel,
    })
    if (!written) return gone('its agent is not connected')
    const deadline = performance.now() + deadlineMs
    try {
      while (performance.now() < deadline && !signal.aborted) {
        const answer = await requestStore.answer(database, id)
        if (answer !== null) return answerSchema.parse(answer)
        await this.#hinted(id, signal)
      }
      return late(deadlineMs)
    } finally {
      await requestStore.remove(database, id).catch(() => undefined) // it expires by itself
    }
  }

  async #hinted(id: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, pollMs)
    const stop = () => resolve()
    this.#answers.set(id, stop)
    signal.addEventListener('abort', stop, { once: true })
    await promise
    clearTimeout(timer)
    this.#answers.delete(id)
    signal.removeEventListener('abort', stop)
  }

  #hint(payload: string): void {
    const [kind, id] = splitOnce(payload)
    if (kind === 'answer') this.#answers.get(id)?.()
    if (kind === 'request' && this.#links.find(id))
      this.#serve(id).catch((error: unknown) =>
        this.#context.logger.warn({ err: error, machine_id: id }, 'A question to an agent could not be passed on'),
      )
  }

  async #serve(machineId: string): Promise<void> {
    const { database, instanceId, signal } = this.#context
    for (const { id, message, left_ms } of await requestStore.take(database, machineId, instanceId)) {
      const answer = await this.#askHere(machineId, message, left_ms, signal)
      await requestStore.writeAnswer(database, { id, answer, channel: requestsChannel })
    }
  }
}

const busyWords = 'the guest does not read its messages fast enough now; try again in a moment'
const handedOver: Answer = { type: 'response', id: '', success: true }

function gone(message: string): Answer {
  return { fault: { code: 'guest-not-connected', message } }
}

function late(ms: number): Answer {
  return { fault: { code: 'unavailable', message: `the agent did not answer within ${Math.round(ms / 1000)} s` } }
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(':')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
