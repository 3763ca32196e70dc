import { backoffDelay, toFault } from '@slipway/base'
import { errorRemedy, installationError } from '@slipway/install-plan'
import type { InstallationError } from '@slipway/protocol'
import { networkStages } from './network-stages.ts'

/** The waits between tries to reach a machine that does not answer. */
const awayBackoff = { firstMs: 1000, capMs: 30_000, tries: Infinity }

/** A machine that restarts or whose cable is changed is back within this; later a person has to look. */
export const waitDeadlineMs = 30 * 60_000
/** After the deadline it is still tried now and then, so that a machine that comes back goes on by itself. */
const overdueRetryMs = 5 * 60_000

/** How an installation goes on waiting for its machine. */
export interface MachineWait {
  readonly delayMs: number
  /** Shown until the machine answers; it ends nothing. */
  readonly error: InstallationError
}

/**
 * Decides on the next try and the words for the operator. Pure but for the jitter. `waitedMs` counts from the machine's last
 * word; past the deadline the error is a `timeout`.
 */
export function machineWait(
  thrown: unknown,
  wait: { machineId: string; attempts: number; waitedMs: number },
): MachineWait {
  const { machineId, attempts, waitedMs } = wait
  const isOverdue = waitedMs >= waitDeadlineMs
  const fault = toFault(thrown)
  const tried = fault.code === 'machine-unreachable' ? networkStages(fault) : []
  const base = installationError(fault)
  const details = {
    ...base.details,
    ...(tried.length > 0 && { tried }),
    waiting: true,
    overdue: isOverdue,
    attempts,
    waited_seconds: Math.round(waitedMs / 1000),
  }
  const error = errorRemedy({ ...base, details }, null)
  const delayMs = backoffDelay(awayBackoff, attempts)
  if (!isOverdue) return { delayMs, error: { ...error, cure: `${error.cure} ${goesOn}` } }
  const minutes = Math.round(waitedMs / 60_000)
  return {
    delayMs: Math.max(delayMs, overdueRetryMs),
    error: {
      ...error,
      kind: 'timeout',
      message: `machine ${machineId} has not answered for ${minutes} minutes: ${error.message}`,
      cure: `${error.cure} ${goesOnLate}`,
    },
  }
}

const goesOn = 'The same installation goes on by itself when the machine answers; POST …/resume tries at once.'
const goesOnLate = `It is tried every ${overdueRetryMs / 60_000} minutes now and holds no slot; POST …/resume tries at once, releasing the claim by force ends it.`
