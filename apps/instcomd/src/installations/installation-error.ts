import { isFault, toFault, type FaultCode } from '@slipway/base'
import type { ErrorKind, InstallationError } from '@slipway/protocol'
import { PlanRefused } from './run-installation.ts'

/** What is cured by waiting: the machine, its trust, or the database come back, and the same installation goes on. */
const waitingCodes: ReadonlySet<FaultCode> = new Set([
  'machine-unreachable',
  'machine-not-enrolled',
  'certificate-refused',
  'unavailable',
  'database-unavailable',
])

/** Tells whether an interruption is waited out; everything else ends the installation. */
export function waitsFor(error: unknown): boolean {
  return isFault(error) && waitingCodes.has(error.code)
}

const kinds: Partial<Record<FaultCode, ErrorKind>> = {
  'claim-stale': 'cancelled',
  'fence-stale': 'cancelled',
  cancelled: 'cancelled',
  'machine-busy': 'validation',
  'plan-changed': 'validation',
  'disk-not-found': 'disk',
  'disk-changed': 'disk',
  'disk-failed': 'disk',
  'confirmation-timeout': 'timeout',
  'step-timeout': 'timeout',
  'booted-installer-again': 'bootloader',
}

const cures: Partial<Record<FaultCode, string>> = {
  'claim-stale': 'Somebody took the machine by force; ask who, then claim it and install again.',
  'fence-stale': 'Another server or an older life of this one holds the machine; claim it again, then install.',
  'machine-busy': 'Cancel the installation that the machine runs, then install again.',
  'disk-not-found': 'Check the cabling, read the inventory again and make a new plan.',
  'disk-changed': 'Make a new plan from the present inventory and look at what it destroys.',
  cancelled: 'Nothing is wrong; install again when you want.',
}

/** Makes the error that an installation shows, with its remedy. */
export function installationError(error: unknown): InstallationError {
  if (error instanceof PlanRefused) return refusedPlan(error)
  const fault = toFault(error)
  return {
    code: fault.code,
    kind: kinds[fault.code] ?? 'internal',
    message: fault.message,
    cure: cures[fault.code] ?? 'Look at the log of the installation and of the server; the message names the cause.',
    details: { ...fault.details },
  }
}

/** The first finding leads; the rest stands beside it. */
function refusedPlan(error: PlanRefused): InstallationError {
  const [first] = error.findings
  return {
    code: first?.code ?? 'plan-changed',
    kind: first?.code.startsWith('disk') ? 'disk' : 'validation',
    message: error.message,
    cure: first?.cure ?? 'Make a new plan.',
    details: { findings: error.findings },
  }
}
