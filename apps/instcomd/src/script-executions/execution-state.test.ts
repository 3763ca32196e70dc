import { agentToHost } from '@slipway/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTerminalStatus, nextState, outcomeOf, type ExecutionInput, type ExecutionState } from './execution-state.ts'

const completion = fc
  .record({
    exit_code: fc.constantFrom(0, 1, null),
    timed_out: fc.boolean(),
    cancelled: fc.boolean(),
    interrupted: fc.boolean(),
    not_started: fc.boolean(),
  })
  .map((fields) => agentToHost.script_completion.parse({ type: 'script_completion', execution_id: 'e', ...fields }))
const attempt = fc.integer({ min: 1, max: 3 })
const inputs: fc.Arbitrary<ExecutionInput> = fc.oneof(
  fc.constantFrom<ExecutionInput>(
    { kind: 'sent', protocol: 1 },
    { kind: 'sent', protocol: 2 },
    { kind: 'cancel' },
    { kind: 'gave-up' },
  ),
  fc.record({ kind: fc.constantFrom('accepted' as const, 'started' as const), attempt }),
  fc.record({ kind: fc.constant('completed' as const), attempt, completion }),
)
const fresh = (maxAttempts: number): ExecutionState => ({
  status: 'PENDING',
  attempt: 1,
  maxAttempts,
  resultAttempt: 0,
  wasSent: false,
  isAccepted: false,
  cancelRequested: false,
})

describe('the state machine of executions', () => {
  it('keeps the published arrows, attempts within their bound, and ends as ends', () => {
    fc.assert(
      fc.property(attempt, fc.array(inputs, { maxLength: 20 }), (maxAttempts, history) => {
        let state = fresh(maxAttempts)
        for (const input of history) {
          const { next, effect } = nextState(state, input)
          if (isTerminalStatus(state.status)) expect(next).toEqual({ ...state, resultAttempt: next.resultAttempt })
          if (state.status === 'RUNNING') expect(next.status).not.toBe('PENDING')
          if (state.status === 'PENDING' && next.status === 'CANCELLED' && input.kind === 'cancel')
            expect(state.wasSent).toBe(false)
          expect(next.attempt - state.attempt).toBe(effect === 'retry' ? 1 : 0)
          expect(next.attempt).toBeLessThanOrEqual(maxAttempts)
          expect(next.resultAttempt).toBeGreaterThanOrEqual(state.resultAttempt)
          expect(next.resultAttempt).toBeLessThanOrEqual(next.attempt)
          if (effect === 'again') expect(next).toEqual(state)
          // Whatever comes twice changes nothing the second time.
          if (input.kind === 'completed') expect(nextState(next, input).effect).toBe('again')
          state = next
        }
      }),
    )
  })

  it.each([
    [{ exit_code: 0 }, 'SUCCESS', null],
    [{ exit_code: 3 }, 'FAILED', 'exit code 3'],
    [{ exit_code: null }, 'FAILED', 'the script ended without an exit code'],
    [{ exit_code: null, interrupted: true }, 'FAILED', 'interrupted'],
    [{ exit_code: null, timed_out: true }, 'TIMEOUT', 'the script ran longer than its timeout and was killed'],
    [{ exit_code: 0, cancelled: true }, 'CANCELLED', 'cancelled on the machine'],
    [
      { exit_code: null, not_started: true, stderr: 'no zsh here\n' },
      'FAILED',
      'the script could not be started: no zsh here',
    ],
  ])('ends %j as %s', (fields, status, error) => {
    const parsed = agentToHost.script_completion.parse({ type: 'script_completion', execution_id: 'e', ...fields })
    expect(outcomeOf(parsed, false)).toEqual({ status, error })
  })
})
