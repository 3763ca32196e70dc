import { Fault, isFault, toFault } from '@slipway/base'
import { LineSplitter, readWireLine, ReplayGuard, type Envelope, type HostMessage } from '@slipway/protocol'
import { startInWallClock, type AgentClock } from './agent-clock.ts'
import { parseHostMessage, parsePayload } from './parse-host-message.ts'
import { checkSignature } from './seal.ts'

/** A message with what is known of its sender, or why there is none. */
export type Received =
  | { readonly message: HostMessage; readonly signed: boolean }
  | { readonly fault: Fault; readonly outsideWindow: boolean }

/**
 * Turns the host's bytes into messages that may be trusted: cut into lines, unsealed, checked, parsed. Fails closed: once
 * there is a secret, nothing unsigned passes; without one, nothing signed does.
 */
export class Inbox {
  readonly #secret: () => string | null
  readonly #clock: AgentClock
  readonly #start: { now: number; elapsed: number }
  readonly #splitter = new LineSplitter()
  readonly #guard = new ReplayGuard()

  constructor(options: { secret: () => string | null; clock: AgentClock; start: { now: number; elapsed: number } }) {
    this.#secret = options.secret
    this.#clock = options.clock
    this.#start = options.start
  }

  push(bytes: Uint8Array, take: (received: Received) => void): void {
    for (const split of this.#splitter.push(bytes))
      take('fault' in split ? { fault: split.fault, outsideWindow: false } : this.#read(split.line))
  }

  /** Another stream begins: the unfinished line belongs to nobody. */
  reset(): void {
    this.#splitter.reset()
  }

  #read(line: string): Received {
    try {
      const read = readWireLine(line)
      if (read.envelope) return this.#unseal(read.envelope)
      if (this.#secret() !== null)
        throw new Fault(
          'not-authenticated',
          `an unsigned "${read.type}" was refused: this machine has a secret, sign it`,
        )
      return { message: parseHostMessage(read.value), signed: false }
    } catch (error) {
      return { fault: toFault(error), outsideWindow: false }
    }
  }

  #unseal(envelope: Envelope): Received {
    const secret = this.#secret()
    if (secret === null)
      throw new Fault('not-authenticated', 'a signed message was refused: this agent has no secret to check it with')
    checkSignature(secret, envelope)
    try {
      this.#guard.accept(envelope, this.#clock.now(), startInWallClock(this.#start, this.#clock))
    } catch (error) {
      // The signature is right, so the host is: its idea of our clock is what is wrong.
      if (isFault(error)) return { fault: error, outsideWindow: true }
      throw error
    }
    return { message: parsePayload(envelope.payload), signed: true }
  }
}
