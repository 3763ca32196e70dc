import type { Contender } from './contender.ts'
import type { TreeMemory } from './process-memory.ts'

/** 50 scripts given to one agent at once. */
export interface Burst {
  /** Echoes that came back with what they wrote. */
  readonly answered: number
  /** Until the last answer; of what was not answered within the deadline nothing is known. */
  readonly seconds: number
}

/** One script that writes much. */
export interface Bulk {
  readonly bytes: number
  /** What arrived is what was written, from its first byte to the last that arrived. */
  readonly intact: boolean
  readonly truncated: boolean
  readonly seconds: number
  /** Why no result came; null when one did. */
  readonly failure: string | null
}

/** Everything measured of one contender; times in milliseconds, memory in bytes of the agent's process tree. */
export interface Result {
  readonly contender: Pick<Contender, 'name' | 'title' | 'commands' | 'streams'>
  readonly dispatch: number[]
  /** Echoes whose result never came. */
  dispatchLost: number
  /** From the moment a script writes to the arrival of the text; empty when output is not shown before the end. */
  readonly firstOutput: number[]
  /** Scripts of these measurements whose text was never shown while they ran. */
  firstOutputLost: number
  readonly bursts: Burst[]
  bulk: Bulk | null
  idle: { readonly memory: TreeMemory; readonly cpuPercent: number } | null
  peak: TreeMemory
}

/** The p-th percentile, nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * p) / 100) - 1)] ?? Number.NaN
}
