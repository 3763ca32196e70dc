import { createPublicKey, verify } from 'node:crypto'
import { canonicalJson } from '@slipway/base'
import type { DiscoveryResponse } from '@slipway/protocol'

/** A discovery answer: as its schema understands it, and as it came, because the signature covers unknown members too. */
export interface ReceivedAnswer {
  readonly message: DiscoveryResponse
  readonly raw: Readonly<Record<string, unknown>>
}

/** Checks a discovery answer against the certificate served at its address: fingerprint first, then the signature. */
export function verifyAnswer(answer: ReceivedAnswer, certificate: { fingerprint: string; publicKey: string }): boolean {
  return answer.message.fingerprint === certificate.fingerprint && verifySignature(answer, certificate.publicKey)
}

/** Checks the Ed25519 signature over the canonical JSON of the answer without `signature`; `publicKey` is base64 SPKI. */
export function verifySignature(answer: ReceivedAnswer, publicKey: string): boolean {
  const { signature, ...signed } = answer.raw
  if (typeof signature !== 'string') return false
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyType !== 'ed25519') return false
  return verify(null, Buffer.from(canonicalJson(signed), 'utf8'), key, Buffer.from(signature, 'base64'))
}
