import type { ReceivedAnswer } from '../machines/verify-answer.ts'
import { verifySignature } from '../machines/verify-answer.ts'
import type { KnownMachine } from './store.ts'

/**
 * What an answer means, given what is known of the machine that it names:
 * `seen` updates the machine; `meet` wants its certificate read first; `conflict` changes nothing and is shown.
 */
export type AnswerClass =
  | { readonly kind: 'seen' }
  | { readonly kind: 'meet' }
  | { readonly kind: 'introduce' }
  | { readonly kind: 'conflict'; readonly why: string }

/** Judges one answer. Pure but for the signature's arithmetic. */
export function classifyAnswer(known: KnownMachine | undefined, answer: ReceivedAnswer): AnswerClass {
  const { message } = answer
  const isSigned = message.signature !== undefined && message.fingerprint !== undefined
  const signs = isSigned && message.port !== undefined
  if (!known) return { kind: signs ? 'meet' : 'introduce' }
  if (known.public_key === null) return { kind: signs ? 'meet' : 'seen' }
  // Without a port nobody listens (an installed system), so no certificate can be read: the known key alone decides.
  if (isSigned && !signs && verifySignature(answer, known.public_key)) return { kind: 'seen' }
  if (!isSigned)
    return { kind: 'conflict', why: `an unsigned answer from ${message.address} names this machine, which signs` }
  // Another certificate, for the same key or another one: what it is worth shows when it is read.
  if (signs && message.fingerprint !== known.fingerprint) return { kind: 'meet' }
  if (verifySignature(answer, known.public_key)) return { kind: 'seen' }
  return { kind: 'conflict', why: `a wrongly signed answer from ${message.address} names this machine` }
}
