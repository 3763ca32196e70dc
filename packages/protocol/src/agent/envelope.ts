import * as z from 'zod/mini'
import { Fault } from '@slipway/base'

/** A signed line (agent.md, "Signing"): `payload` is the exact text of the inner message. */
export const envelopeSchema = z.object({
  type: z.literal('signed'),
  v: z.literal(1),
  /** Milliseconds, in the agent's clock whoever sends. */
  ts: z.int(),
  nonce: z.string().check(z.minLength(8), z.maxLength(64)),
  payload: z.string(),
  sig: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
})
export type Envelope = z.infer<typeof envelopeSchema>

/** agent.md: an envelope is good for five minutes to either side. */
export const envelopeWindowMs = 5 * 60_000

/** The text that is signed: HMAC-SHA256 of it under the ASCII characters of the machine's hex secret. */
export function envelopeText({ v, ts, nonce, payload }: Omit<Envelope, 'type' | 'sig'>): string {
  return `${v}\n${ts}\n${nonce}\n${payload}`
}

/**
 * Remembers nonces for as long as their envelopes would be accepted, and refuses old, early and repeated ones. It fails closed:
 * when more nonces are fresh than `mostNonces`, every further envelope is refused until some expire.
 */
export class ReplayGuard {
  readonly #windowMs: number
  readonly #mostNonces: number
  readonly #seen = new Map<string, number>()

  constructor(options: { windowMs?: number; mostNonces?: number } = {}) {
    this.#windowMs = options.windowMs ?? envelopeWindowMs
    this.#mostNonces = options.mostNonces ?? 100_000
  }

  /**
   * Call only after the signature was found right. `now` and `notBefore` are in the clock of `ts`; throws `not-authenticated`.
   * `notBefore`: the agent's own start, so that what was recorded before it cannot be played to it.
   */
  accept(envelope: Pick<Envelope, 'ts' | 'nonce'>, now: number, notBefore = Number.NEGATIVE_INFINITY): void {
    const { ts, nonce } = envelope
    if (Math.abs(now - ts) > this.#windowMs)
      throw refused(`it is ${Math.round(Math.abs(now - ts) / 1000)} s ${ts < now ? 'old' : 'ahead'}`)
    if (ts < notBefore) throw refused('it is older than this agent’s start')
    if (this.#seen.has(nonce)) throw refused('its nonce was seen before')
    this.#forget(now)
    if (this.#seen.size >= this.#mostNonces) throw refused('too many envelopes in five minutes')
    this.#seen.set(nonce, ts)
  }

  /** Insertion order is nearly the order of time, so only the oldest few are looked at. */
  #forget(now: number): void {
    for (const [nonce, ts] of this.#seen) {
      if (ts >= now - this.#windowMs) return
      this.#seen.delete(nonce)
    }
  }
}

function refused(why: string): Fault {
  return new Fault('not-authenticated', `a signed message was refused: ${why}`)
}
