import { randomBytes } from 'node:crypto'
import { Fault, toFault } from '@slipway/base'
import { LineSplitter, type AgentMessage, type HostMessage, type HostOutgoing, type SplitLine } from '@slipway/protocol'
import type { LinkedGuest, SendOutcome } from './guest-links.ts'
import { LineGate, refuseLegacy, type GuestIdentity, type Refusal } from './line-gate.ts'
import type { LinkOwner } from './link-owner.ts'
import type { LinkTransport } from './link-transport.ts'
import { sealLine } from './seal.ts'

/** agent.md: without a keep-alive or anything else for so long, the agent is gone. */
export const silenceMs = 60_000
/** A message's handler has lost its way after this. */
const mostBusyMs = 120_000
/** Bytes that may wait for a guest that does not read; one message more is taken when nothing waits. */
const mostQueuedBytes = 1024 * 1024
/** Error replies to a guest that does not read them are left out. */
const mostErrorBytes = 64 * 1024
/** Lines taken in one go before other links get their turn. */
const turnLines = 256

export interface LinkSession extends LinkedGuest {
  readonly handshake: AgentMessage<'handshake'> | null
  readonly signed: boolean
}

/**
 * One agent's link: lines in order, handshake, signing, back pressure. It has no timers (`sweep`) and no buffers while
 * nothing is under way, so that ten thousand fit into one process.
 * INVARIANT: a message is handled when the one before it is done; until then the transport is paused.
 */
export class GuestLink {
  readonly machineId: string
  readonly transport: LinkTransport
  readonly #owner: LinkOwner
  readonly #splitter = new LineSplitter()
  readonly #gate = new LineGate()
  identity: GuestIdentity
  session: LinkSession | null = null
  /** What the agent did wrong last, for `problem` while there is no session. */
  complaint: string | null = null
  /** Monotonic; the last byte of the agent. Null: none yet. */
  heardAt: number | null = null
  readonly openedAt: number
  #waiting: SplitLine[] = []
  #busySince: number | null = null
  /** The secret of the agent's last signed line. */
  signedWith: string | null = null
  #owesWritable = false
  #closed = false

  constructor(input: { machineId: string; transport: LinkTransport; owner: LinkOwner; identity: GuestIdentity }) {
    this.machineId = input.machineId
    this.transport = input.transport
    this.#owner = input.owner
    this.identity = input.identity
    this.openedAt = input.owner.elapsed()
  }

  /** Bytes of the transport; they are not kept. */
  receive(bytes: Uint8Array): void {
    this.heardAt = this.#owner.elapsed()
    const lines = this.#splitter.push(bytes)
    if (lines.length === 0 || this.#closed) return
    this.#waiting = this.#waiting.length === 0 ? lines : this.#waiting.concat(lines)
    if (this.#busySince === null) this.#work()
  }

  /** Signs and queues a message for the agent. */
  send(message: HostOutgoing): SendOutcome {
    if (!this.session || this.#closed) return 'not-connected'
    const line = this.#seal({ ...message, session: this.session.session })
    const { queuedBytes } = this.transport
    if (queuedBytes > 0 && queuedBytes + line.length > mostQueuedBytes) {
      this.#owesWritable = true
      return 'full'
    }
    this.transport.write(line)
    return 'sent'
  }

  /** The transport has sent everything. */
  drained(): void {
    if (!this.#owesWritable || !this.session || this.transport.queuedBytes > 0) return
    this.#owesWritable = false
    this.#owner.writable(this.session)
  }

  /** About once a second. */
  sweep(now: number): void {
    this.drained() // a transport tells only of queues that were long
    if (this.#busySince !== null) {
      if (now - this.#busySince > mostBusyMs) this.close('the server did not get through one of the agent’s messages')
      return
    }
    if (!this.session || now - (this.heardAt ?? this.openedAt) < silenceMs) return
    this.endSession('the agent has been silent for 60 s: is the machine suspended, or infiniservice stopped?')
    // What waits for the silent agent must not reach the next one.
    if (this.transport.queuedBytes > 0 || this.transport.kind === 'websocket') this.close('the agent does not read')
  }

  /** What the database says changed. A protocol-2 session without signatures ends once there is a secret. */
  changeIdentity(identity: GuestIdentity): void {
    const interval = identity.metricsIntervalS
    const isOther = interval !== this.identity.metricsIntervalS
    this.identity = identity
    if (isOther && this.session?.protocol === 2) this.send({ type: 'configure', metrics_interval_s: interval })
    this.offerSecret()
    if (this.session?.protocol === 2 && !this.session.signed && identity.secrets.length > 0)
      this.endSession('the machine has a shared secret now: install the agent with it')
  }

  /** Hands the machine's newest secret to an agent that signs with an older one. */
  offerSecret(): void {
    const wanted = this.identity.secrets.at(-1)
    if (!this.session?.signed || wanted === undefined || wanted === this.signedWith) return
    this.send({ type: 'configure', shared_secret: wanted })
  }

  endSession(reason: string, replaced = false): void {
    const { session } = this
    if (!session) return
    this.session = null
    this.#owesWritable = false
    this.#owner.ended(this, session, { reason, replaced })
  }

  close(reason: string): void {
    this.transport.close(reason)
  }

  /** The transport has ended. */
  closed(reason: string): void {
    this.#closed = true
    this.#waiting = []
    this.#splitter.reset()
    this.endSession(reason)
  }

  #work(): void {
    for (let turn = 0; !this.#closed; turn += 1) {
      const item = this.#waiting[turn]
      if (item === undefined) {
        this.#waiting = []
        return
      }
      const work = turn < turnLines ? this.#take(item) : nextTurn()
      if (!work) continue
      this.#waiting = this.#waiting.slice(turn < turnLines ? turn + 1 : turn)
      this.#waitFor(work)
      return
    }
  }

  #waitFor(work: Promise<void>): void {
    this.#busySince = this.#owner.elapsed()
    this.transport.pause()
    work
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#busySince = null
        this.#work()
        if (this.#busySince === null && !this.#closed) this.transport.resume()
      })
  }

  #take(item: SplitLine): Promise<void> | undefined {
    if ('fault' in item)
      return this.#refuse({ refused: item.fault.code === 'too-large' ? 'too-large' : 'malformed', fault: item.fault })
    const now = this.#owner.now()
    const admitted = this.#gate.admit(item.line, this.identity, this.session, now)
    if ('refused' in admitted) return this.#refuse(admitted)
    const { message, secret } = admitted
    this.#owner.received(message.type)
    if (secret !== null) this.signedWith = secret
    if (message.type === 'handshake') return this.#shakeHands(message, secret)
    if (!this.session) return this.#beginLegacy(message)
    return this.#dispatch(this.session, message)
  }

  #dispatch(session: LinkSession, message: AgentMessage): Promise<void> | undefined {
    if (message.type === 'keep_alive')
      this.send({
        type: 'keep_alive_response',
        sequence_number: message.sequence_number,
        timestamp: new Date(this.#owner.now()).toISOString(),
      })
    return this.#owner.message(this, session, message)
  }

  #shakeHands(message: AgentMessage<'handshake'>, secret: string | null): Promise<void> | undefined {
    const refusal = this.#refuseHandshake(message)
    if (refusal) return this.#refuse(refusal)
    return this.#begin({ handshake: message, protocol: message.protocol >= 2 ? 2 : 1, secret, message })
  }

  #refuseHandshake(message: AgentMessage<'handshake'>): Refusal | null {
    if (message.protocol < 2 && (this.identity.latched || !this.#owner.allowLegacy)) return refuseLegacy(this.identity)
    if (Number.isNaN(Date.parse(message.timestamp))) {
      const why = 'a handshake was refused: its timestamp is not RFC 3339'
      return { refused: 'malformed', fault: new Fault('invalid-request', why) }
    }
    if (message.vm_id.toLowerCase() === this.machineId.toLowerCase()) return null
    const why = `the agent says that it is ${message.vm_id}, and this link belongs to ${this.machineId}; install the agent with VM id ${this.machineId}`
    return { refused: 'wrong-machine', fault: new Fault('not-permitted', why) }
  }

  /** The first line of an agent that shakes no hands. */
  #beginLegacy(message: AgentMessage): Promise<void> | undefined {
    if (this.identity.latched || !this.#owner.allowLegacy) return this.#refuse(refuseLegacy(this.identity))
    return this.#begin({ handshake: null, protocol: 1, secret: null, message })
  }

  async #begin(input: {
    handshake: AgentMessage<'handshake'> | null
    protocol: 1 | 2
    secret: string | null
    message: AgentMessage
  }): Promise<void> {
    const { handshake, protocol, message } = input
    this.endSession('the agent began again', true)
    const told = Date.parse(message.timestamp ?? '')
    this.#gate.clockOffset = Number.isNaN(told) ? 0 : told - this.#owner.now()
    const session: LinkSession = {
      machineId: this.machineId,
      session: randomBytes(12).toString('base64url'),
      protocol,
      platform: handshake?.platform ?? null,
      handshake,
      signed: input.secret !== null,
    }
    if (!(await this.#owner.begin(this, session, input.secret))) return
    if (this.#closed) return this.#owner.ended(this, session, { reason: 'the link ended', replaced: false })
    if (protocol === 2) this.identity = { ...this.identity, latched: true }
    this.complaint = null
    this.session = session
    if (handshake) this.#write(this.#acknowledgement(session))
    await this.#owner.opened(this, session)
    if (!handshake && this.session === session) await this.#dispatch(session, message)
  }

  #acknowledgement(session: LinkSession): HostMessage<'handshake_ack'> {
    return {
      type: 'handshake_ack',
      session: session.session,
      server_time: new Date(this.#owner.now()).toISOString(),
      metrics_interval_s: this.identity.metricsIntervalS,
    }
  }

  #refuse({ refused, fault }: Refusal): undefined {
    this.#owner.refused(this, refused)
    if (!fault) return undefined
    this.complaint = fault.message
    this.#tellError(fault)
    return undefined
  }

  #failed(error: unknown): void {
    const fault = toFault(error)
    this.#owner.failed(this, error)
    // A defect's own words stay in the log: they may quote a row or a secret.
    this.#tellError(fault.code === 'internal' ? new Fault('internal', 'the server failed at this message') : fault)
  }

  #tellError(fault: Fault): void {
    if (this.#closed || this.transport.queuedBytes > mostErrorBytes) return
    const session = this.session ? { session: this.session.session } : {}
    this.#write({ type: 'error', error: fault.message, details: { code: fault.code, ...fault.details }, ...session })
  }

  #write(message: HostMessage): void {
    this.transport.write(this.#seal(message))
  }

  /** Signed where the machine has a secret: with the one that the agent used last, else the oldest, which it was given. */
  #seal(message: HostMessage | HostOutgoing): string {
    const payload = JSON.stringify(message)
    const { secrets } = this.identity
    const secret = this.signedWith !== null && secrets.includes(this.signedWith) ? this.signedWith : secrets[0]
    return secret === undefined ? payload : sealLine(secret, payload, this.#owner.now() + this.#gate.clockOffset)
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
