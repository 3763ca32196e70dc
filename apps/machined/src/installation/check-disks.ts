import type { FaultCode } from '@slipway/base'
import { describeContents } from '@slipway/install-plan'
import {
  diskIdentity,
  type Disk,
  type DiskRef,
  type Inventory,
  type Plan,
  type PlanFinding,
  type Step,
} from '@slipway/protocol'

/** A finding of the dry run whose code is a Fault's. */
export type DiskFinding = PlanFinding & { readonly code: FaultCode }

/**
 * Compares every disk that a plan names with the machine as it is now: identity, bytes, use by the live environment,
 * and (before the first step) contents. Pure; an empty list means that the plan still fits.
 */
export function checkDisks(plan: Plan, inventory: Inventory, options: { contents: boolean }): DiskFinding[] {
  const found = new Map(inventory.disks.map((disk) => [diskIdentity(disk).id, disk]))
  const findings = [...namedDisks(plan).values()].flatMap((ref) => checkDisk(ref, found.get(ref.identity)))
  if (!options.contents || findings.length > 0) return findings
  const wiped = new Set(plan.steps.filter((step) => step.kind === 'wipe-disk').map((step) => step.params.disk.identity))
  return plan.steps.flatMap((step) => checkContents(step, found, wiped))
}

/** Every disk that a plan names anywhere in its steps, by identity. */
export function namedDisks(plan: Plan): Map<string, DiskRef> {
  const refs = new Map<string, DiskRef>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if (isDiskRef(value)) refs.set(value.identity, value)
    else for (const member of Object.values(value)) visit(member)
  }
  for (const step of plan.steps) visit(step.params)
  return refs
}

function isDiskRef(value: object): value is DiskRef {
  return 'identity' in value && 'bytes' in value && 'device' in value
}

function checkDisk(ref: DiskRef, disk: Disk | undefined): DiskFinding[] {
  const name = `${ref.device} (${ref.serial ?? ref.identity})`
  if (!disk)
    return [
      problem(
        'disk-not-found',
        `disk ${name} is not on this machine any more`,
        'Check its cabling, or make a new plan without it.',
        ref,
      ),
    ]
  if (disk.bytes !== ref.bytes) {
    const message = `disk ${name} has ${disk.bytes} bytes, the plan was made for ${ref.bytes}`
    return [problem('disk-changed', message, 'Make a new plan.', ref)]
  }
  if (disk.live_medium) {
    return [
      problem(
        'disk-changed',
        `the live environment runs from disk ${name}`,
        'Name another disk in the machine config.',
        ref,
      ),
    ]
  }
  if (disk.read_only) return [problem('disk-changed', `disk ${name} is read-only`, 'Remove its write protection.', ref)]
  return []
}

/** What a wipe destroys must be what the operator confirmed; what is partitioned without a wipe must be blank. */
function checkContents(step: Step, found: ReadonlyMap<string, Disk>, wiped: ReadonlySet<string>): DiskFinding[] {
  if (step.kind !== 'wipe-disk' && step.kind !== 'partition-disk') return []
  const ref = step.params.disk
  const disk = found.get(ref.identity)
  if (!disk) return []
  const contents = describeContents(disk)
  if (step.kind === 'wipe-disk') {
    const planned = step.destroys[0]?.contents
    if (planned === undefined || planned === contents) return []
    const message = `disk ${ref.device} now holds ${contents}; the plan was confirmed for ${planned}`
    return [problem('disk-changed', message, 'Look at what is on it, then make and confirm a new plan.', ref)]
  }
  if (wiped.has(ref.identity) || isBlank(disk)) return []
  const message = `disk ${ref.device} was blank when planned and now holds ${contents}`
  return [
    problem('disk-changed', message, 'Look at what is on it; name it in a wipe to lose that, and plan again.', ref),
  ]
}

function isBlank(disk: Disk): boolean {
  return disk.partition_table === null && disk.partitions.length === 0 && disk.signatures.length === 0 && !disk.pool
}

function problem(code: FaultCode, message: string, cure: string, ref: DiskRef): DiskFinding {
  return {
    severity: 'error',
    code,
    message,
    cure,
    details: { identity: ref.identity, serial: ref.serial, device: ref.device },
  }
}
