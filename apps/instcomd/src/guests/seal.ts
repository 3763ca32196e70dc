import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { envelopeText, type Envelope } from '@slipway/protocol'

/** Wraps a message's text into a signed line (agent.md, "Signing"); `ts` is in milliseconds of the agent's clock. */
export function sealLine(secret: string, payload: string, ts: number): string {
  const unsigned = { v: 1 as const, ts, nonce: randomUUID(), payload }
  return JSON.stringify({ type: 'signed', ...unsigned, sig: signatureOf(secret, unsigned) })
}

/** Index of the secret that signed an envelope, newest tried first; -1 when none did. */
export function signerOf(secrets: readonly string[], envelope: Envelope): number {
  const given = Buffer.from(envelope.sig, 'latin1')
  return secrets.findLastIndex((secret) => {
    const right = Buffer.from(signatureOf(secret, envelope), 'latin1')
    return right.length === given.length && timingSafeEqual(right, given)
  })
}

function signatureOf(secret: string, envelope: Omit<Envelope, 'type' | 'sig'>): string {
  return createHmac('sha256', secret).update(envelopeText(envelope)).digest('hex')
}
