import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { Fault } from '@slipway/base'
import { envelopeText, type Envelope } from '@slipway/protocol'

/** HMAC-SHA256 of an envelope's text under the ASCII characters of the secret, as lower-case hex (agent.md, "Signing"). */
export function signatureOf(secret: string, envelope: Omit<Envelope, 'type' | 'sig'>): string {
  return createHmac('sha256', secret).update(envelopeText(envelope)).digest('hex')
}

/** Wraps a message's text into a signed line. `ts` is in milliseconds of the agent's clock. */
export function sealLine(secret: string, payload: string, ts: number): string {
  const unsigned = { v: 1 as const, ts, nonce: randomUUID(), payload }
  return JSON.stringify({ type: 'signed', ...unsigned, sig: signatureOf(secret, unsigned) })
}

/** Checks an envelope's signature in constant time; throws `not-authenticated`. */
export function checkSignature(secret: string, envelope: Envelope): void {
  const right = Buffer.from(signatureOf(secret, envelope), 'latin1')
  const given = Buffer.from(envelope.sig, 'latin1')
  if (right.length !== given.length || !timingSafeEqual(right, given))
    throw new Fault('not-authenticated', 'a signed message was refused: its signature is wrong; compare both secrets')
}
