/** Both clocks of the agent, in milliseconds. Tests and simulators bring their own. */
export interface AgentClock {
  /** Wall clock: may be wrong, and may be set while we run. */
  now(): number
  /** Monotonic: never set, counts from anywhere. */
  elapsed(): number
}

/** The process's clocks. */
export const systemClock: AgentClock = { now: () => Date.now(), elapsed: () => performance.now() }

/** A wall clock that went back by more than this was set, not slewed. */
const setBackMs = 2_000

/**
 * The time of the agent's start in today's wall clock: what is older is refused (agent.md). When the clock was set back
 * since, as at the first time synchronisation of a guest, the start moves with it; else the agent would refuse its host
 * until the clock has caught up. A clock that jumped forward, as after a suspend, moves nothing.
 */
export function startInWallClock(start: { now: number; elapsed: number }, clock: AgentClock): number {
  const jump = clock.now() - start.now - (clock.elapsed() - start.elapsed)
  return jump < -setBackMs ? start.now + jump : start.now
}
