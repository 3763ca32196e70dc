import { Fault, type FaultCode } from '@slipway/base'

/** What a SafeCommand comes back with; the fields of agent.md's `response`. */
export interface CommandAnswer {
  readonly data?: unknown
  readonly exit_code?: number | null
  readonly stdout?: string
  readonly stderr?: string
  readonly error?: { readonly code: FaultCode; readonly message: string }
  /** Done once the answer was handed to the link. */
  readonly afterwards?: () => void
}

/** An expected failure. */
export function refuse(code: FaultCode, message: string): CommandAnswer {
  return { error: { code, message } }
}

/** The answer to a surprise. */
export function answerOf(error: unknown): CommandAnswer {
  if (error instanceof Fault) return refuse(error.code, error.message)
  return refuse('internal', error instanceof Error ? error.message : String(error))
}
