import { type FaultCode, toFault } from '@slipway/base'
import type { ErrorKind, InstallationError, PlanFinding } from '@slipway/protocol'

interface Remedy {
  readonly kind: ErrorKind
  readonly cure: string
}

const remedies: Partial<Record<FaultCode, Remedy>> = {
  'claim-stale': {
    kind: 'cancelled',
    cure: 'Somebody took the machine by force; ask who, then claim it and install again.',
  },
  'fence-stale': {
    kind: 'cancelled',
    cure: 'Another server or an older life of this one holds the machine; claim it again, then install.',
  },
  cancelled: { kind: 'cancelled', cure: 'Nothing is wrong; install again when you want.' },
  'machine-busy': { kind: 'validation', cure: 'Cancel the installation that the machine runs, then install again.' },
  'machine-unreachable': {
    kind: 'network',
    cure: 'Check power and network of the machine and that it runs machined; then install again.',
  },
  'machine-not-enrolled': {
    kind: 'certificate',
    cure: 'Start the machine from live media of this server, or claim it with the code on its console; then install again.',
  },
  'certificate-refused': {
    kind: 'certificate',
    cure: 'Check the clocks of both machines and which CA signed the certificate.',
  },
  'plan-changed': { kind: 'validation', cure: 'Make a new plan and confirm its digest.' },
  unsupported: {
    kind: 'validation',
    cure: 'Change the machine config to what this machine supports, then plan again.',
  },
  'disk-not-found': { kind: 'disk', cure: 'Check the cabling, read the inventory again and make a new plan.' },
  'disk-changed': {
    kind: 'disk',
    cure: 'Make a new plan from the present inventory and look at what it destroys.',
  },
  'disk-failed': { kind: 'disk', cure: 'Replace the disk, then install again.' },
  'registry-unreachable': {
    kind: 'network',
    cure: 'Check that the machine reaches the registry, or configure a mirror; then install again.',
  },
  'registry-refused': {
    kind: 'authentication',
    cure: 'Set username and password_file of the registry in the server configuration.',
  },
  'image-not-found': { kind: 'image', cure: 'Check that the image is still in the registry; then plan again.' },
  'image-platform-missing': { kind: 'image', cure: 'Publish the image for this operating system and architecture.' },
  'image-invalid': { kind: 'image', cure: 'Build and push the image again with a current tool.' },
  'image-digest-mismatch': {
    kind: 'image',
    cure: 'The registry or a proxy serves damaged bytes; repair it or use a mirror, then install again.',
  },
  'layer-unsafe': {
    kind: 'image',
    cure: 'Build the image without the entry named; only trusted images may be installed.',
  },
  'step-timeout': { kind: 'timeout', cure: 'Look at the log of the step for what it waited on, then install again.' },
  'confirmation-timeout': {
    kind: 'timeout',
    cure: 'Look at the console: does it start from the right disk, has it a network, does it reach this server?',
  },
  'booted-installer-again': {
    kind: 'bootloader',
    cure: 'Set the firmware to start from the installed disk, or remove the live medium; then restart the machine.',
  },
}

const fallback: Remedy = {
  kind: 'internal',
  cure: 'Look at the log of the installation and of the server; the message names the cause.',
}

/** Makes the error that an installation shows of what was thrown: its kind, and the cure that its code knows. */
export function installationError(thrown: unknown): InstallationError {
  const { code, message, details } = toFault(thrown)
  const { kind, cure } = remedies[code] ?? fallback
  return { code, kind, message, cure, details: { ...details } }
}

/** The error of a plan that the machine found unfit before its first step: the first finding leads, the rest stands beside it. */
export function refusedPlanError(findings: readonly PlanFinding[]): InstallationError {
  const [first] = findings
  return {
    code: first?.code ?? 'plan-changed',
    kind: first?.code.startsWith('disk') ? 'disk' : 'validation',
    message: findings.map(({ message }) => message).join('; ') || 'the machine refused the plan',
    cure: first?.cure ?? 'Make a new plan.',
    details: { ...first?.details, findings },
  }
}
