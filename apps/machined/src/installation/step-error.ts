import { isFault, toFault, type FaultCode } from '@slipway/base'
import { hangsInKernel } from '@slipway/host'
import type { ErrorKind, InstallationError } from '@slipway/protocol'

interface Remedy {
  readonly kind: ErrorKind
  readonly cure: string
}

const remedies: Partial<Record<FaultCode, Remedy>> = {
  'disk-not-found': {
    kind: 'disk',
    cure: 'Check cabling and power of the disk, or make a plan that does not name it; the remaining disks are in the inventory.',
  },
  'disk-changed': {
    kind: 'disk',
    cure: 'Look at what is on the disk now and make a new plan; nothing was written to it.',
  },
  'disk-failed': {
    kind: 'disk',
    cure: 'Replace the disk, or install on the remaining ones with another layout (a stripe or ext4 on one disk).',
  },
  'registry-unreachable': {
    kind: 'network',
    cure: 'Check that this machine reaches the registry (details.tried shows where it stopped), or configure a mirror.',
  },
  'registry-refused': {
    kind: 'authentication',
    cure: 'Set username and password_file of the registry in the server configuration.',
  },
  'image-not-found': {
    kind: 'image',
    cure: 'Check the image reference, and that the image is still in the registry; then plan again.',
  },
  'image-platform-missing': { kind: 'image', cure: 'Publish the image for this operating system and architecture.' },
  'image-invalid': { kind: 'image', cure: 'Build and push the image again with a current tool.' },
  'image-digest-mismatch': {
    kind: 'image',
    cure: 'The registry or a proxy serves damaged bytes; the layer was taken back. Repair it or use a mirror, then install again.',
  },
  'layer-unsafe': {
    kind: 'image',
    cure: 'Build the image without the entry named; only trusted images may be installed.',
  },
  'certificate-refused': {
    kind: 'certificate',
    cure: 'Check the clocks of both machines and which CA signed the certificate.',
  },
  'step-timeout': { kind: 'timeout', cure: 'Look at the log of this step for what it waited on, then install again.' },
  cancelled: { kind: 'cancelled', cure: 'Start the installation again when you want it.' },
  'plan-changed': { kind: 'validation', cure: 'Make a new plan and confirm its digest.' },
  unsupported: {
    kind: 'validation',
    cure: 'Change the machine config to what this machine supports, then plan again.',
  },
}

const fallback: Remedy = {
  kind: 'internal',
  cure: 'Look at the log of this installation; report it if the cause is not clear.',
}
/** Nothing else ends a process that waits in the kernel, and until then its disks and pools stay in use. */
const restartCure =
  'Restart this machine from the live medium, then install again; the message says where in the kernel the command waits.'
const bootSteps = new Set(['install-bootloader', 'update-boot-archive', 'activate-boot-environment', 'reboot'])
const diskSteps = new Set([
  'wipe-disk',
  'partition-disk',
  'create-pool',
  'create-filesystem',
  'create-dataset',
  'mount-target',
  'unmount-target',
  'export-pool',
])

/** Turns what a step threw into the error that operators see: its kind, and the way out (machines.md, "Installations"). */
export function stepError(thrown: unknown, step: { id: string; kind: string } | null): InstallationError {
  const fault = toFault(thrown)
  const remedy = remedies[fault.code] ?? byStep(fault.code, step?.kind ?? '')
  const details = { ...fault.details, ...(step && { step: step.id }), ...causes(fault) }
  const cure = hangsInKernel(fault) ? restartCure : remedy.cure
  return { code: fault.code, kind: remedy.kind, message: fault.message, cure, details }
}

function byStep(code: FaultCode, kind: string): Remedy {
  if (code !== 'command-failed') return fallback
  if (bootSteps.has(kind)) {
    return {
      kind: 'bootloader',
      cure: 'See the command’s last words; check that the image carries kernel and boot tools.',
    }
  }
  if (diskSteps.has(kind))
    return { kind: 'disk', cure: 'See the command’s last words; check the disk, then install again.' }
  return fallback
}

/** The chain of causes as text: a registry's or a kernel's own words often say it best. */
function causes(fault: Error): { causes?: string[] } {
  const list: string[] = []
  for (let next: unknown = fault.cause; next instanceof Error && list.length < 5; next = next.cause) {
    list.push(isFault(next) ? `${next.code}: ${next.message}` : next.message)
  }
  return list.length === 0 ? {} : { causes: list }
}
