import type { InstallationState, StepKind } from '@slipway/protocol'

/** The state in which each kind of step runs; `preparing` is everything before the first step. */
export const planPhases = {
  'wipe-disk': 'partitioning',
  'partition-disk': 'partitioning',
  'create-pool': 'partitioning',
  'create-filesystem': 'partitioning',
  'create-dataset': 'partitioning',
  'mount-target': 'partitioning',
  'pull-layer': 'pulling',
  'apply-sysconfig': 'configuring',
  'install-agent': 'configuring',
  'update-boot-archive': 'configuring',
  'install-bootloader': 'finishing',
  'activate-boot-environment': 'finishing',
  'unmount-target': 'finishing',
  'export-pool': 'finishing',
  reboot: 'rebooting',
} as const satisfies Record<StepKind, InstallationState>
