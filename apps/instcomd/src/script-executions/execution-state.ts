import { unreachable } from '@slipway/base'
import type { AgentMessage, ExecutionStatus } from '@slipway/protocol'

/** What the rules need of a row of `script_executions`. */
export interface ExecutionState {
  readonly status: ExecutionStatus
  readonly attempt: number
  readonly maxAttempts: number
  /** Highest attempt whose completion is stored. */
  readonly resultAttempt: number
  readonly wasSent: boolean
  readonly isAccepted: boolean
  readonly cancelRequested: boolean
}

export type Completion = AgentMessage<'script_completion'>

/** What can happen to an execution. */
export type ExecutionInput =
  | { readonly kind: 'sent'; readonly protocol: 1 | 2 }
  | { readonly kind: 'unsent' }
  | { readonly kind: 'accepted' | 'started'; readonly attempt: number }
  | { readonly kind: 'completed'; readonly attempt: number; readonly completion: Completion }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'gave-up' }

/** `late`: the result is kept beside a terminal row. `again`: already stored, or of no attempt that is awaited. */
export type Effect = 'none' | 'moved' | 'retry' | 'late' | 'again'

export interface Step {
  readonly next: ExecutionState
  readonly effect: Effect
}

const terminal: ReadonlySet<ExecutionStatus> = new Set(['SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED'])

/** Tells whether a status never changes again (scripts.md). */
export function isTerminalStatus(status: ExecutionStatus): boolean {
  return terminal.has(status)
}

/**
 * The state machine of scripts.md: PENDING → RUNNING → SUCCESS | FAILED | TIMEOUT | CANCELLED, and PENDING → CANCELLED.
 * A retry stays RUNNING with the next attempt. A row that was ever sent is cancelled by its agent's word only.
 */
export function nextState(state: ExecutionState, input: ExecutionInput): Step {
  if (isTerminalStatus(state.status)) return afterEnd(state, input)
  switch (input.kind) {
    case 'sent':
      // Protocol 1 tells nothing until the end: it is running as far as anybody knows, and is never sent again.
      return moved({
        ...state,
        wasSent: true,
        isAccepted: state.isAccepted || input.protocol === 1,
        status: input.protocol === 1 ? 'RUNNING' : state.status,
      })
    case 'unsent':
      return moved({ ...state, wasSent: false, isAccepted: false, status: state.attempt > 1 ? 'RUNNING' : 'PENDING' })
    case 'accepted':
      return input.attempt === state.attempt ? moved({ ...state, wasSent: true, isAccepted: true }) : again(state)
    case 'started':
      return input.attempt === state.attempt
        ? moved({ ...state, wasSent: true, isAccepted: true, status: 'RUNNING' })
        : again(state)
    case 'completed':
      return complete(state, input.attempt, input.completion)
    case 'cancel':
      if (!state.wasSent) return moved({ ...state, cancelRequested: true, status: 'CANCELLED' })
      return state.cancelRequested ? again(state) : moved({ ...state, cancelRequested: true })
    case 'gave-up':
      return moved({ ...state, status: 'TIMEOUT' })
    default:
      return unreachable(input)
  }
}

function complete(state: ExecutionState, attempt: number, completion: Completion): Step {
  if (attempt !== state.attempt) return again(state)
  const { status } = outcomeOf(completion, state.cancelRequested)
  const done = { ...state, resultAttempt: attempt, wasSent: true, isAccepted: true }
  const mayRetry = status === 'FAILED' && !completion.interrupted && !state.cancelRequested
  if (mayRetry && state.attempt < state.maxAttempts)
    return {
      next: { ...done, attempt: state.attempt + 1, status: 'RUNNING', wasSent: false, isAccepted: false },
      effect: 'retry',
    }
  return moved({ ...done, status })
}

/** Terminal is terminal: only a result that comes late is noted, once. */
function afterEnd(state: ExecutionState, input: ExecutionInput): Step {
  const isLate = input.kind === 'completed' && input.attempt === state.attempt && input.attempt > state.resultAttempt
  return isLate ? { next: { ...state, resultAttempt: input.attempt }, effect: 'late' } : again(state)
}

/** How a completion ends an execution: its status, and the sentence for `error`. */
export function outcomeOf(
  completion: Completion,
  cancelRequested: boolean,
): { status: 'SUCCESS' | 'FAILED' | 'TIMEOUT' | 'CANCELLED'; error: string | null } {
  const { exit_code, stderr } = completion
  if (completion.interrupted) return { status: 'FAILED', error: 'interrupted' }
  if (completion.not_started && (completion.cancelled || cancelRequested))
    return { status: 'CANCELLED', error: 'cancelled before it started' }
  if (completion.cancelled) return { status: 'CANCELLED', error: 'cancelled on the machine' }
  if (completion.timed_out) return { status: 'TIMEOUT', error: 'the script ran longer than its timeout and was killed' }
  if (completion.not_started) {
    const why = stderr.trim().slice(0, 2000)
    return {
      status: 'FAILED',
      error: why === '' ? 'the script could not be started' : `the script could not be started: ${why}`,
    }
  }
  if (exit_code === 0) return { status: 'SUCCESS', error: null }
  return {
    status: 'FAILED',
    error: exit_code === null ? 'the script ended without an exit code' : `exit code ${exit_code}`,
  }
}

function moved(next: ExecutionState): Step {
  return { next, effect: 'moved' }
}

function again(state: ExecutionState): Step {
  return { next: state, effect: 'again' }
}
