/** How the machines of one round take turns. */
export interface RoundRules {
  readonly canary: number
  readonly maxParallel: number | null
  readonly stopAfterFailures: number | null
  readonly onFailure: 'continue' | 'stop'
}

/** Executions of one round; the canaries are its first ones. */
export interface RoundCounts {
  readonly held: number
  /** Neither held nor ended. */
  readonly active: number
  /** FAILED and TIMEOUT. */
  readonly failed: number
  readonly canariesOpen: number
  readonly canariesNotSucceeded: number
}

export interface RoundStep {
  /** Held executions that may go now. */
  readonly release: number
  /** Why what was not sent of the round is cancelled; null: it goes on. */
  readonly cancelRest: string | null
  /** Why the schedule ends; null: it does not. */
  readonly endSchedule: string | null
}

/** How many executions of a new round go at once; the rest is held. */
export function firstRelease(count: number, { canary, maxParallel }: RoundRules): number {
  const first = canary > 0 ? Math.min(canary, count) : count
  return Math.min(first, maxParallel ?? Infinity)
}

/** What follows when executions of a round have ended. */
export function advanceRound(counts: RoundCounts, rules: RoundRules): RoundStep {
  const { canary, maxParallel, stopAfterFailures, onFailure } = rules
  if (stopAfterFailures !== null && counts.failed >= stopAfterFailures)
    return stop(`${counts.failed} failures in one round; stop_after_failures is ${stopAfterFailures}`)
  if (onFailure === 'stop' && counts.failed > 0) return stop('a run failed, and on_failure is stop')
  if (canary > 0 && counts.canariesNotSucceeded > 0)
    return { release: 0, cancelRest: 'a canary did not succeed', endSchedule: null }
  const room = (maxParallel ?? Infinity) - counts.active
  const candidates = canary > 0 && counts.canariesOpen > 0 ? Math.min(counts.held, heldCanaries(counts)) : counts.held
  return { release: Math.max(0, Math.min(room, candidates)), cancelRest: null, endSchedule: null }
}

/** Canaries are released first, so those that are open and not active are held. */
function heldCanaries({ canariesOpen, active }: RoundCounts): number {
  return Math.max(0, canariesOpen - active)
}

function stop(why: string): RoundStep {
  return { release: 0, cancelRest: why, endSchedule: why }
}
