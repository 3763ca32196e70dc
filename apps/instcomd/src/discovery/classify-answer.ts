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
  const signs = message.signature !== undefined && message.fingerprint !== undefined && message.port !== undefined
  if (!known) return { kind: signs ? 'meet' : 'introduce' }
  if (known.public_key === null) return { kind: signs ? 'meet' : 'seen' }
  if (!signs)
    return { kind: 'conflict', why: `an unsigned answer from ${message.address} names this machine, which signs` }
  // Another certificate, for the same key or another one: what it is worth shows when it is read.
  if (message.fingerprint !== known.fingerprint) return { kind: 'meet' }
  if (verifySignature(answer, known.public_key)) return { kind: 'seen' }
  return { kind: 'conflict', why: `a wrongly signed answer from ${message.address} names this machine` }
}
