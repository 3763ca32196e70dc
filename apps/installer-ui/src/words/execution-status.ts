import type { ExecutionStatus } from '@slipway/protocol'
import type { Tone } from '../ui/tone.ts'

/** What a run's status means to the eye. */
export const executionTone: Readonly<Record<ExecutionStatus, Tone>> = {
  PENDING: 'idle',
  RUNNING: 'busy',
  SUCCESS: 'good',
  FAILED: 'bad',
  TIMEOUT: 'bad',
  CANCELLED: 'warn',
}

/** Whether a run goes on no more. */
export function hasEnded(status: ExecutionStatus): boolean {
  return status !== 'PENDING' && status !== 'RUNNING'
}
