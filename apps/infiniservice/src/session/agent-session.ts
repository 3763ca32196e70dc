import { Fault, toFault, type Logger } from '@slipway/base'
import type { AgentMessage, AgentOutgoing, HostMessage } from '@slipway/protocol'
import type { AgentLink } from '../link/agent-link.ts'
import { dialDelay } from '../link/dial-backoff.ts'
import { systemClock, type AgentClock } from './agent-clock.ts'
import type { HostSession, SessionPart } from './host-session.ts'
import { Inbox, type Received } from './inbox.ts'
import { Outbox } from './outbox.ts'
import { ReplyLimit } from './reply-limit.ts'
import type { SessionSecret } from './session-secret.ts'

/** agent.md: how often the agent says that it lives. */
const keepAliveMs = 15_000
/** Three keep-alives without any word of the host: it restarted, or the link is dead; begin again. */
const deadHostMs = 3 * keepAliveMs
/** The handshake is said again when it is not answered; a host that is starting needs some seconds. */
const handshakeBackoff = { firstMs: 4_000, capMs: 30_000 }
/** A host whose clock estimate is wrong is asked again, but not more often than this. */
const resyncMs = 10_000

/** Who the agent is: the fields of its handshake. */
export type AgentIdentity = Pick<
  AgentMessage<'handshake'>,
  'vm_id' | 'version' | 'platform' | 'arch' | 'boot_id' | 'capabilities'
>
export type FirstBoot = NonNullable<AgentMessage<'handshake'>['first_boot']>

export interface AgentSessionOptions {
  readonly link: AgentLink
  readonly identity: AgentIdentity
  readonly secret: SessionSecret
  readonly parts: readonly SessionPart[]
  readonly logger: Logger
  readonly clock?: AgentClock
  /** Asked at every handshake; null when there is no installation to confirm. */
  readonly firstBoot?: () => FirstBoot | null
  readonly random?: () => number
}

/** One agent's conversation with its host, over however many connections. */
export interface AgentSession extends HostSession {
  start(): void
  /** To be called about once a second; one timer can serve any number of sessions. */
  tick(): void
  stop(): void
  /** Begins again with a handshake, as after a guest reset. */
  restart(): void
}

/**
 * Makes the agent's side of agent.md "Messages": handshake first on every stream, keep-alives, signing, one direction per
 * type, and a typed error for what cannot be used. It has no timers of its own (`tick`) and holds a few hundred bytes, so
 * that a simulator can run ten thousand in one process. Never throws; troubles go to the logger.
 */
export function makeAgentSession(options: AgentSessionOptions): AgentSession {
  return new Conversation(options)
}

class Conversation implements AgentSession {
  readonly #options: AgentSessionOptions
  readonly #clock: AgentClock
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #replies = new ReplyLimit()
  #session: string | null = null
  /** Handshakes said and not answered: an answer nobody asked for is refused. */
  #asked = 0
  #tries = 0
  #handshakeAt = Number.POSITIVE_INFINITY
  #keepAliveAt = 0
  #keepAlives = 0
  #heardAt = 0
  #resyncAt = Number.NEGATIVE_INFINITY
  #owesDrain = false

  constructor(options: AgentSessionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const secret = () => options.secret.current()
    const start = { now: this.#clock.now(), elapsed: this.#clock.elapsed() }
    this.#inbox = new Inbox({ secret, clock: this.#clock, start })
    this.#outbox = new Outbox({ link: options.link, secret, clock: this.#clock })
  }

  get open(): boolean {
    return this.#session !== null
  }

  start(): void {
    this.#options.link.start({
      onBytes: (bytes) => this.#inbox.push(bytes, (received) => this.#take(received)),
      onPeer: (present) => this.#onPeer(present),
      onDrain: () => this.#onDrain(),
      onTrouble: (trouble) => this.#options.logger.warn({ link: this.#options.link.name }, trouble.message),
    })
  }

  stop(): void {
    this.#end()
    this.#options.link.close()
  }

  restart(): void {
    this.#end()
    if (this.#options.link.present) this.#shakeHands()
  }

  send(message: AgentOutgoing): boolean {
    if (this.#session === null) return false
    const sent = this.#outbox.send(message, this.#session)
    if (sent === 'too-large') return this.#tooLarge(message)
    if (sent === 'no-room') this.#owesDrain = true
    return sent === 'sent'
  }

  tick(): void {
    const elapsed = this.#clock.elapsed()
    if (this.#session === null) {
      if (elapsed >= this.#handshakeAt && this.#options.link.present) this.#shakeHands()
    } else if (elapsed - this.#heardAt >= deadHostMs) {
      this.#options.logger.warn({ silent_s: deadHostMs / 1000 }, 'the host does not answer; a new session is begun')
      this.#options.link.reconnect()
      this.restart()
    } else if (elapsed >= this.#keepAliveAt) {
      this.#keepAliveAt = elapsed + keepAliveMs
      this.#keepAlives += 1
      this.send({ type: 'keep_alive', sequence_number: this.#keepAlives })
    }
  }

  #onPeer(present: boolean): void {
    this.#end()
    this.#inbox.reset()
    this.#tries = 0
    this.#handshakeAt = Number.POSITIVE_INFINITY
    if (present) this.#shakeHands()
  }

  #onDrain(): void {
    if (!this.#owesDrain || this.#session === null) return
    this.#owesDrain = false
    for (const part of this.#options.parts) this.#guard(() => part.onDrain?.(this))
  }

  #shakeHands(): void {
    const firstBoot = this.#options.firstBoot?.() ?? null
    this.#tries += 1
    this.#asked += 1
    this.#handshakeAt = this.#clock.elapsed() + dialDelay(handshakeBackoff, this.#tries, this.#options.random)
    this.#outbox.endLine()
    this.#outbox.send(
      {
        type: 'handshake',
        ...this.#options.identity,
        timestamp: '', // stamped on its way out
        protocol: 2,
        ...(firstBoot && { first_boot: firstBoot }),
      },
      null,
    )
  }

  #end(): void {
    this.#asked = 0
    this.#owesDrain = false
    if (this.#session === null) return
    this.#session = null
    for (const part of this.#options.parts) this.#guard(() => part.onClose?.())
  }

  #take(received: Received): void {
    if ('fault' in received) {
      this.#answer(received.fault)
      if (received.outsideWindow) this.#resync()
      return
    }
    const { message, signed } = received
    if (message.type === 'handshake_ack') return this.#opened(message)
    if (!this.#isOfThisSession(message, signed)) {
      this.#options.logger.debug({ type: message.type }, 'a message of an older session was dropped')
      return
    }
    this.#heardAt = this.#clock.elapsed()
    this.#dispatch(message, signed)
  }

  /** Errors pass without a session: the host may have none for us, and says so by them. */
  #isOfThisSession(message: HostMessage, signed: boolean): boolean {
    if (message.type === 'error' && message.session === undefined) return true
    if (this.#session === null) return false
    return message.session === undefined ? !signed : message.session === this.#session
  }

  #opened(message: HostMessage<'handshake_ack'>): void {
    if (this.#asked === 0)
      return this.#answer(new Fault('invalid-request', 'a handshake_ack came without a handshake; it was dropped'))
    const asked = this.#asked - 1
    this.#end()
    this.#asked = asked
    this.#tries = 0
    this.#session = message.session
    this.#heardAt = this.#clock.elapsed()
    this.#keepAliveAt = this.#heardAt + keepAliveMs
    this.#options.logger.info({ link: this.#options.link.name }, 'session with the host opened')
    for (const part of this.#options.parts) this.#guard(() => part.onOpen?.(this))
    for (const part of this.#options.parts) this.#guard(() => part.onMessage(message, this))
  }

  #dispatch(message: HostMessage, signed: boolean): void {
    switch (message.type) {
      case 'keep_alive_response':
        return
      case 'error':
        return this.#onHostError(message)
      case 'configure':
        return this.#configure(message, signed)
      default:
        this.#guard(() => {
          if (this.#options.parts.some((part) => part.onMessage(message, this))) return
          this.#answer(new Fault('unsupported', `this agent does nothing on "${message.type}"`))
        })
    }
  }

  #onHostError(message: HostMessage<'error'>): void {
    this.#options.logger.warn({ host_error: message.error.slice(0, 500) }, 'the host refused a message')
    if (codeOf(message.details) === 'handshake-required') this.#resync()
  }

  /** Settings concern several parts; the secret concerns none. */
  #configure(message: HostMessage<'configure'>, signed: boolean): void {
    const { shared_secret: secret, ...settings } = message
    for (const part of this.#options.parts) this.#guard(() => part.onMessage(settings, this))
    if (secret === undefined) return
    if (!signed)
      return this.#answer(
        new Fault('not-authenticated', 'a new secret was refused: it is only taken in a signed message'),
      )
    this.#options.secret.store(secret).then(
      () => {
        this.#options.logger.info({}, 'the host replaced the shared secret; a new session is begun')
        this.restart() // a handshake under the new secret tells the host that it is in use
      },
      (error: unknown) => this.#answer(toFault(error)),
    )
  }

  /** The host's estimate of our clock, or its session, is lost: a handshake gives it both. */
  #resync(): void {
    const elapsed = this.#clock.elapsed()
    if (elapsed < this.#resyncAt) return
    this.#resyncAt = elapsed + resyncMs
    this.restart()
  }

  #answer(fault: Fault): void {
    const suppressed = this.#replies.take(this.#clock.elapsed())
    if (suppressed === null) return
    this.#options.logger.warn({ code: fault.code }, fault.message)
    if (!this.#options.link.present) return
    const details = { ...fault.details, code: fault.code, ...(suppressed > 0 && { left_out: suppressed }) }
    this.#outbox.send({ type: 'error', error: fault.message, details }, this.#session)
  }

  #tooLarge(message: AgentOutgoing): true {
    const fault = new Fault('too-large', `a "${message.type}" message is longer than a line may be; it was not sent`)
    if (message.type === 'response') {
      const error = { code: fault.code, message: fault.message }
      this.send({ type: 'response', id: message.id, success: false, error })
    }
    this.#answer(fault)
    return true // sending it again would not help
  }

  /** A part's surprise must not end the others' work. */
  #guard(work: () => unknown): void {
    try {
      work()
    } catch (error) {
      this.#options.logger.error({ error: String(error) }, 'a part of the agent failed')
      this.#answer(toFault(error))
    }
  }
}

function codeOf(details: unknown): unknown {
  return typeof details === 'object' && details !== null && 'code' in details ? details.code : undefined
}
