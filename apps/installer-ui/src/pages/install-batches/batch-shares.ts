import { installationStates, type InstallBatch, type InstallationState } from '@slipway/protocol'
import type { Tone } from '../../ui/tone.ts'
import { installationTone } from '../../words/installation-state.ts'

export interface BatchShare {
  readonly state: InstallationState
  readonly count: number
  readonly tone: Tone
}

/** How many machines of a batch are in which state, in the order of an installation's life. */
export function batchShares({ states }: Pick<InstallBatch, 'states'>): BatchShare[] {
  return installationStates.flatMap((state) => {
    const count = states[state] ?? 0
    return count > 0 ? [{ state, count, tone: installationTone[state] }] : []
  })
}
