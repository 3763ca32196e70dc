import type { Step, StepKind } from '@slipway/protocol'

const minute = 60_000

/** The least that a kind of step gets, however quick it looked when planned: slow disks, slow firmware, emulation. */
const leastMs: Readonly<Record<StepKind, number>> = {
  'wipe-disk': 5 * minute,
  'partition-disk': 5 * minute,
  'create-pool': 5 * minute,
  'create-filesystem': 10 * minute,
  'create-dataset': 5 * minute,
  'mount-target': 5 * minute,
  'pull-layer': 15 * minute,
  'apply-sysconfig': 5 * minute,
  'install-agent': 10 * minute,
  'update-boot-archive': 20 * minute,
  'install-bootloader': 15 * minute,
  'activate-boot-environment': 5 * minute,
  'unmount-target': 10 * minute,
  'export-pool': 10 * minute,
  reboot: 5 * minute,
}

/** The slowest link that an installation is meant to survive, in bytes per millisecond. */
const slowestLink = 100

/** How long a step may take, in milliseconds: ten times its estimate, and for layers what a 100 kB/s link needs. */
export function stepDeadlineMs(step: Step): number {
  const pull = step.kind === 'pull-layer' ? step.params.layer.bytes / slowestLink : 0
  return Math.round(Math.max(leastMs[step.kind], step.estimated_seconds * 10_000, pull))
}
