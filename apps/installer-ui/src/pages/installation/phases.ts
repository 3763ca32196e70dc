import { installationStates, terminalStates, type Installation, type InstallationState } from '@slipway/protocol'

export type PhaseState = 'done' | 'now' | 'stopped' | 'to-come'

/** The phases in order, each told whether it is behind, under way, where it stopped, or still to come. */
export function phasesOf({ status, progress }: Pick<Installation, 'status' | 'progress'>): {
  readonly phase: InstallationState
  readonly state: PhaseState
}[] {
  const phases = installationStates.filter((state) => !(terminalStates as readonly string[]).includes(state))
  if (status === 'completed') return phases.map((phase) => ({ phase, state: 'done' }))
  const at = phases.indexOf(progress.phase)
  const here = status === progress.phase ? 'now' : 'stopped'
  return phases.map((phase, index) => ({ phase, state: index < at ? 'done' : index === at ? here : 'to-come' }))
}
