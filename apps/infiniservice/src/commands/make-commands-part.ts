import type { Logger } from '@slipway/base'
import { safeActions, type AgentOutgoing, type HostMessage, type SafeAction } from '@slipway/protocol'
import { makeLinuxCollector } from '../metrics/linux-collector.ts'
import type { MetricsCollector } from '../metrics/metrics-collector.ts'
import { makeWindowsCollector } from '../metrics/windows-collector.ts'
import type { HostSession, SessionPart } from '../session/host-session.ts'
import { answerOf, refuse, type CommandAnswer } from './command-answer.ts'
import { startDetached, type StartDetached } from './reboot.ts'
import { safeActionTable, type ActionContext } from './safe-actions.ts'
import { safeCommandArguments, type SafeCommandArguments } from './safe-command-arguments.ts'

type SafeCommand = HostMessage<'SafeCommand'>

export interface CommandsPartOptions {
  readonly logger: Logger
  /** Default: this machine's. */
  readonly collector?: MetricsCollector
  /** How a reboot is begun; default a process that outlives the agent. */
  readonly startDetached?: StartDetached
}

export interface CommandsPart extends SessionPart {
  /** Ends the programs of commands that run. */
  stop(): void
}

/** More at once would only wait for each other's locks and memory. */
const mostRunning = 8
const defaultSeconds = 60
/** Downloads over a slow line. */
const packageSeconds = 900

/** For the handshake: which commands this agent knows. */
export const commandCapabilities: readonly string[] = safeActions.map((action) => `command:${action}`)

/** The part of the agent that answers SafeCommands (agent.md): always with a `response`, never through a shell. */
export function makeCommandsPart(options: CommandsPartOptions): CommandsPart {
  return new Commands(options)
}

class Commands implements CommandsPart {
  readonly #logger: Logger
  readonly #collector: MetricsCollector
  readonly #startDetached: StartDetached
  readonly #running = new Map<string, AbortController>()
  /** Answers the link had no room for. */
  #unsent: { readonly message: AgentOutgoing; readonly afterwards: (() => void) | undefined }[] = []
  #session: HostSession | null = null
  /** Counts sessions: one object stands for all of them. */
  #sessions = 0

  constructor(options: CommandsPartOptions) {
    this.#logger = options.logger
    this.#collector = options.collector ?? machineCollector()
    this.#startDetached = options.startDetached ?? startDetached
  }

  onOpen(session: HostSession): void {
    this.#session = session
    this.#sessions += 1
  }

  /** An answer belongs to the session of its question (agent.md: replies of older sessions are dropped). */
  onClose(): void {
    this.#session = null
    this.#unsent = []
  }

  onDrain(): void {
    const unsent = this.#unsent
    this.#unsent = []
    for (const { message, afterwards } of unsent) this.#send(message, afterwards)
  }

  onMessage(message: HostMessage): boolean {
    if (message.type !== 'SafeCommand') return false
    if (!this.#running.has(message.id)) void this.#run(message)
    return true
  }

  stop(): void {
    for (const stop of this.#running.values()) stop.abort()
  }

  async #run(command: SafeCommand): Promise<void> {
    const stop = new AbortController()
    const session = this.#sessions
    const began = performance.now()
    const crowded = this.#running.size >= mostRunning
    if (!crowded) this.#running.set(command.id, stop)
    const answer = crowded ? tooMany() : await this.#answer(command, stop.signal)
    this.#running.delete(command.id)
    if (session !== this.#sessions || !this.#session) return
    const { afterwards, error, ...fields } = answer
    const { action } = command.command_type
    const execution_time_ms = Math.round(performance.now() - began)
    this.#logger.info({ action, execution_time_ms, error: error?.code }, 'a command was answered')
    const outcome = { success: error === undefined, error: error ?? null, execution_time_ms }
    this.#send({ type: 'response', id: command.id, ...fields, ...outcome }, afterwards)
  }

  async #answer(command: SafeCommand, stop: AbortSignal): Promise<CommandAnswer> {
    const { action, ...fields } = command.command_type
    if (!isSafeAction(action)) return refuse('unsupported', `this agent knows no command ${JSON.stringify(action)}`)
    const seconds = command.timeout ?? (action.startsWith('Package') ? packageSeconds : defaultSeconds)
    const signal = AbortSignal.any([stop, AbortSignal.timeout(seconds * 1000)])
    try {
      const context = { signal, collector: this.#collector, startDetached: this.#startDetached }
      return await perform(action, fields, context)
    } catch (error) {
      if (signal.aborted) return refuse('command-failed', `${action} did not end within ${seconds} s and was stopped`)
      return answerOf(error)
    }
  }

  #send(message: AgentOutgoing, afterwards: (() => void) | undefined): void {
    if (this.#session?.send(message)) afterwards?.()
    else this.#unsent.push({ message, afterwards })
  }
}

/** Fields stand beside `action`, or in `params` as older hosts write them. */
async function perform<A extends SafeAction>(
  action: A,
  fields: Record<string, unknown>,
  context: ActionContext,
): Promise<CommandAnswer> {
  const parsed = safeCommandArguments[action].safeParse(fields['params'] ?? fields)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.') || action}: ${issue.message}`)
    return refuse('invalid-request', `${action} was not run: ${wrong.join('; ')}`)
  }
  // The schema of the same key parsed it; TypeScript does not follow a key through two tables.
  return safeActionTable[action](parsed.data as SafeCommandArguments<A>, context)
}

function isSafeAction(action: string): action is SafeAction {
  return safeActions.some((each) => each === action)
}

function tooMany(): CommandAnswer {
  return refuse('too-many-requests', `${mostRunning} commands run already; ask again when one has ended`)
}

/** Its own: the metrics' differences must not depend on who else asked. */
function machineCollector(): MetricsCollector {
  const mostProcesses = 1000
  return process.platform === 'win32'
    ? makeWindowsCollector({ factsMs: 0, mostProcesses })
    : makeLinuxCollector({ mostProcesses })
}
