import { unreachable } from '@slipway/base'
import type { DeviceRef, DiskRef, Plan, Step } from '@slipway/protocol'

/** Every disk that a plan names in any step, each identity once, in the order of the steps. */
export function planDisks(plan: Plan): DiskRef[] {
  const disks = new Map<string, DiskRef>()
  for (const disk of plan.steps.flatMap(stepDisks)) if (!disks.has(disk.identity)) disks.set(disk.identity, disk)
  return [...disks.values()]
}

/** Every disk that one step names. */
export function stepDisks(step: Step): DiskRef[] {
  switch (step.kind) {
    case 'wipe-disk':
    case 'partition-disk':
      return [step.params.disk]
    case 'create-pool':
      return disksOf(step.params.vdevs.flatMap((vdev) => vdev.devices))
    case 'create-filesystem':
      return disksOf([step.params.device])
    case 'mount-target':
      return disksOf([
        ...step.params.pools.flatMap((pool) => pool.devices),
        ...step.params.mounts.flatMap((mount) => mount.device ?? []),
      ])
    case 'apply-sysconfig':
      return disksOf(step.params.swap)
    case 'install-bootloader': {
      const { targets, root, boot_device } = step.params
      return disksOf([
        ...targets,
        ...(root.kind === 'ext4' ? [root.device] : []),
        ...(boot_device ? [boot_device] : []),
      ])
    }
    case 'activate-boot-environment':
    case 'reboot':
      return disksOf(step.params.targets)
    case 'create-dataset':
    case 'pull-layer':
    case 'install-agent':
    case 'update-boot-archive':
    case 'unmount-target':
    case 'export-pool':
      return []
    default:
      return unreachable(step)
  }
}

function disksOf(devices: readonly DeviceRef[]): DiskRef[] {
  return devices.map((device) => device.disk)
}
