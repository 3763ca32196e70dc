import type { ExecutionStatus } from '@slipway/protocol'

/** What is known about an execution that has not ended, and about its machine. */
export interface WaitingFacts {
  readonly status: ExecutionStatus
  readonly wasSent: boolean
  readonly isAccepted: boolean
  readonly cancelRequested: boolean
  readonly attempt: number
  readonly isFirstBoot: boolean
  readonly held: boolean
  readonly scheduledFor: Date | null
  readonly sendAfter: Date | null
  readonly executionCount: number
  readonly maxExecutions: number | null
  readonly os: readonly string[]
  readonly isLinked: boolean
  readonly lastContact: Date | null
  readonly hasAgent: boolean
  readonly platform: string | null
  /** FIRST_BOOT executions of the machine that go before this one. */
  readonly firstBootsAhead: number
  /** Sent to the machine and not ended, apart from FIRST_BOOT ones. */
  readonly running: number
  readonly perMachine: number
  readonly now: Date
}

/** Why an execution waits, in one sentence (scripts.md); null when it does not. */
export function waitingSentence(facts: WaitingFacts): string | null {
  if (facts.status !== 'PENDING' && facts.status !== 'RUNNING') return null
  const offline = facts.isLinked ? null : offlineSentence(facts)
  if (facts.wasSent && facts.cancelRequested) return offline ?? 'waits for the machine to confirm the cancellation'
  if (facts.isAccepted || (facts.status === 'RUNNING' && facts.wasSent)) return offline
  if (facts.status === 'RUNNING')
    return offline ?? `attempt ${facts.attempt} follows${facts.sendAfter ? ` at ${facts.sendAfter.toISOString()}` : ''}`
  if (facts.wasSent) return offline ?? 'sent; waits for the agent to accept it'
  return notSent(facts, offline)
}

function notSent(facts: WaitingFacts, offline: string | null): string {
  const { scheduledFor, platform, os, maxExecutions } = facts
  if (maxExecutions !== null && facts.executionCount > maxExecutions) return 'maxExecutions reached'
  if (platform !== null && !os.includes(platform))
    return `wrong OS: the machine runs ${platform}, the script is for ${os.join(', ')}`
  if (scheduledFor !== null && scheduledFor > facts.now) return `scheduled for ${scheduledFor.toISOString()}`
  if (facts.held) return 'waits for other machines of its round'
  if (offline !== null) return offline
  if (facts.firstBootsAhead > 0)
    return `behind ${facts.firstBootsAhead} first-boot ${facts.firstBootsAhead === 1 ? 'script' : 'scripts'}`
  if (!facts.isFirstBoot && facts.running >= facts.perMachine)
    return `${facts.running} scripts are running; scripts.per_machine allows ${facts.perMachine}`
  return 'is about to be sent'
}

function offlineSentence({ lastContact, hasAgent }: WaitingFacts): string {
  if (lastContact) return `machine offline since ${lastContact.toISOString()}`
  return hasAgent ? 'machine offline' : 'machine offline: no agent has ever connected from it'
}
