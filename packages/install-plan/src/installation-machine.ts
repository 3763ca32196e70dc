import { type InstallationState, installationStates, isTerminal, type StepKind } from '@slipway/protocol'
import { planPhases } from './plan-phases.ts'

/** Where an installation stands, without its numbers: what `nextInstallation` moves. */
export interface InstallationStatus {
  readonly state: InstallationState
  /** The last state that was not terminal. */
  readonly phase: InstallationState
  /** What was asked of the machine and is not answered yet. */
  readonly asked: 'cancel' | 'rollback' | null
  readonly confirmed: boolean
}

/** What can happen to an installation. */
export type InstallationInput =
  /** Its turn came. */
  | { readonly type: 'started' }
  | { readonly type: 'step-started'; readonly kind: StepKind }
  /** The machine's last word on the plan; `reports` tells whether a first-boot report can come. */
  | { readonly type: 'ended'; readonly outcome: MachineOutcome; readonly reports: boolean }
  /** The first-boot report, or the agent's handshake; `expected` when it names the planned boot environment. */
  | { readonly type: 'booted'; readonly expected: boolean }
  /** No report in time; `returns` when the boot environment was activated for one boot only. */
  | { readonly type: 'commit-timeout'; readonly returns: boolean }
  /** The machine is back in the live environment after its reboot. */
  | { readonly type: 'installer-again' }
  /** The control plane gives up on it: claim ended by force, deadline of a step over. */
  | { readonly type: 'given-up' }
  | { readonly type: 'cancel' }
  | { readonly type: 'rollback' }
  | { readonly type: 'resume' }

export type MachineOutcome = 'rebooting' | 'installed' | 'failed' | 'cancelled' | 'rolled-back'

/** What the caller has to do. `refuse` says that the input cannot be: nothing changes. */
export type InstallationEffect =
  | 'start-on-machine'
  | 'cancel-on-machine'
  | 'rollback-on-machine'
  | 'wait-for-report'
  | 'tell-end'
  | 'refuse'

export interface InstallationTransition {
  readonly status: InstallationStatus
  readonly effects: readonly InstallationEffect[]
}

/** An installation that nobody has begun. */
export const queuedInstallation: InstallationStatus = {
  state: 'queued',
  phase: 'queued',
  asked: null,
  confirmed: false,
}

type Stage = 'queued' | 'running' | 'leaving' | 'terminal'
type Rule<T extends InstallationInput['type']> = (
  status: InstallationStatus,
  input: Extract<InstallationInput, { type: T }>,
) => InstallationTransition
type Rules = { readonly [T in InstallationInput['type']]: { readonly [S in Exclude<Stage, 'terminal'>]: Rule<T> } }

/**
 * Moves an installation by one input. Pure.
 * INVARIANTS
 * - Terminal is terminal: no input leaves it, and `tell-end` comes once.
 * - State and phase never go back: a step that is done again after a resume moves nothing.
 * - A report may overtake the machine's own word, so `booted` counts from the first step on.
 */
export function nextInstallation(status: InstallationStatus, input: InstallationInput): InstallationTransition {
  const stage = stageOf(status.state)
  if (stage === 'terminal') return refuse(status)
  const rule = rules[input.type][stage] as Rule<typeof input.type> // the table has one row for each type of input
  return rule(status, input)
}

function stageOf(state: InstallationState): Stage {
  if (isTerminal(state)) return 'terminal'
  if (state === 'queued') return 'queued'
  return state === 'rebooting' || state === 'confirming' ? 'leaving' : 'running'
}

const rules: Rules = {
  started: { queued: (status) => moveTo(status, 'preparing', ['start-on-machine']), running: stay, leaving: stay },
  'step-started': {
    queued: refuse,
    running: (status, { kind }) => moveTo(status, planPhases[kind], []),
    leaving: stay,
  },
  ended: { queued: refuse, running: ended, leaving: ended },
  booted: { queued: refuse, running: booted, leaving: booted },
  'commit-timeout': {
    queued: refuse,
    running: refuse,
    leaving: (status, { returns }) => end(status, returns ? 'rolled-back' : 'failed'),
  },
  'installer-again': { queued: refuse, running: stay, leaving: (status) => end(status, 'failed') },
  'given-up': {
    queued: (status) => end(status, 'failed'),
    running: (status) => end(status, 'failed'),
    leaving: (status) => end(status, 'failed'),
  },
  cancel: { queued: (status) => end(status, 'cancelled'), running: ask('cancel'), leaving: refuse },
  rollback: { queued: (status) => end(status, 'cancelled'), running: ask('rollback'), leaving: refuse },
  resume: { queued: stay, running: (status) => ({ status, effects: ['start-on-machine'] }), leaving: stay },
}

function ended(
  status: InstallationStatus,
  { outcome, reports }: Extract<InstallationInput, { type: 'ended' }>,
): InstallationTransition {
  if (outcome === 'rebooting' && reports) return moveTo(status, 'confirming', ['wait-for-report'])
  if (outcome === 'rebooting' || outcome === 'installed') return end(status, 'completed')
  return end(status, outcome)
}

function booted(
  status: InstallationStatus,
  { expected }: Extract<InstallationInput, { type: 'booted' }>,
): InstallationTransition {
  return expected ? end({ ...status, confirmed: true }, 'completed') : end(status, 'rolled-back')
}

function ask(what: 'cancel' | 'rollback') {
  return (status: InstallationStatus): InstallationTransition => ({
    status: { ...status, asked: what },
    effects: [what === 'cancel' ? 'cancel-on-machine' : 'rollback-on-machine'],
  })
}

function moveTo(
  status: InstallationStatus,
  state: InstallationState,
  effects: readonly InstallationEffect[],
): InstallationTransition {
  const order = (candidate: InstallationState) => installationStates.indexOf(candidate)
  const later = order(state) > order(status.state) ? state : status.state
  return { status: { ...status, state: later, phase: later }, effects }
}

function end(status: InstallationStatus, state: InstallationState): InstallationTransition {
  return { status: { ...status, state, asked: null }, effects: ['tell-end'] }
}

function stay(status: InstallationStatus): InstallationTransition {
  return { status, effects: [] }
}

function refuse(status: InstallationStatus): InstallationTransition {
  return { status, effects: ['refuse'] }
}
