import { type DeviceRef, type InterfaceConfig, type Step, type SysconfigConfig } from '@slipway/protocol'
import { deviceName, partitionOf } from './disk-ref.ts'
import { formatBytes } from './format-bytes.ts'
import { type Layout, partitionNumber } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import { inverse, nothingToUndo } from './step-parts.ts'

type MountParams = Extract<Step, { kind: 'mount-target' }>['params']
type Mount = MountParams['mounts'][number]
const pulledBytesPerSecond = 8e6 // vm-lab.md: a 240 MB layer through gzip and tar in 30 to 136 s

/** Everything from the mounted target to an unpacked and configured system, not yet bootable. */
export function targetSteps(layout: Layout, input: PlanInput): Step[] {
  return [
    mountStep(layout, input),
    ...pullSteps(layout, input),
    sysconfigStep(layout, input),
    ...(input.options.agent && input.config.agent ? [agentStep()] : []),
    bootArchiveStep(layout),
  ]
}

function mountStep(layout: Layout, input: PlanInput): Step {
  const mounts = [rootMount(layout), ...(input.inventory.platform === 'linux' ? bootMounts(layout) : [])]
  const pools = layout.pools.map((pool) => ({
    pool: pool.installName,
    devices: pool.vdevs.flatMap((vdev) => vdev.devices),
    existing: pool.config.existing,
  }))
  return {
    kind: 'mount-target',
    id: 'mount-target',
    title: `Mount the target: ${mounts.map((mount) => mount.at).join(', ')}`,
    reads: pools.map(({ pool }) => `pool ${pool}`),
    writes: [],
    destroys: [],
    undo: inverse('unmount the target'),
    estimated_seconds: 2,
    params: { pools, mounts },
  }
}

function rootMount(layout: Layout): Mount {
  if (layout.rootDataset !== null) return { kind: 'zfs', dataset: layout.rootDataset, device: null, at: '/' }
  return { kind: 'ext4', dataset: null, device: rootDevice(layout), at: '/' }
}

/** Where the ext4 root goes; null on ZFS. */
export function rootDevice(layout: Layout): DeviceRef | null {
  const [disk] = layout.partitioned
  const number = partitionNumber(layout.partitions, 'root')
  return disk && number !== null ? partitionOf(disk, number) : null
}

/** /boot of the first disk (BIOS with ZFS), and every ESP: `/boot/efi`, `/boot/efi2`, … */
function bootMounts(layout: Layout): Mount[] {
  const boot = bootDevice(layout)
  const mounts: Mount[] = boot ? [{ kind: 'ext4', dataset: null, device: boot, at: '/boot' }] : []
  const esps = layout.firmware === 'uefi' ? layout.bootTargets : []
  return [
    ...mounts,
    ...esps.map((device, index) => ({
      kind: 'vfat' as const,
      dataset: null,
      device,
      at: index === 0 ? '/boot/efi' : `/boot/efi${index + 1}`,
    })),
  ]
}

/** The separate /boot of the first disk: GRUB does not read ZFS. */
export function bootDevice(layout: Layout): DeviceRef | null {
  const [disk] = layout.partitioned
  const number = partitionNumber(layout.partitions, 'boot')
  return disk && number !== null ? partitionOf(disk, number) : null
}

function pullSteps(layout: Layout, input: PlanInput): Step[] {
  const { image } = input
  return image.layers.map((layer, index) => ({
    kind: 'pull-layer',
    id: `pull-layer:${index}`,
    title: `Pull layer ${index + 1} of ${image.layers.length} (${formatBytes(layer.bytes)})`,
    reads: [`${image.reference} ${layer.digest}`],
    writes: [layout.rootDataset === null ? 'the root file system' : `dataset ${layout.rootDataset}`],
    destroys: [],
    undo: inverse(layout.rootDataset === null ? 'make the file system again' : 'roll back to the snapshot before it'),
    estimated_seconds: Math.max(1, Math.ceil(layer.bytes / pulledBytesPerSecond)),
    params: { reference: image.reference, image_digest: image.digest, index, layer, dataset: layout.rootDataset },
  }))
}

function sysconfigStep(layout: Layout, input: PlanInput): Step {
  const number = partitionNumber(layout.partitions, 'swap')
  const swap = number === null ? [] : layout.partitioned.map((disk) => partitionOf(disk, number))
  return {
    kind: 'apply-sysconfig',
    id: 'apply-sysconfig',
    title: `Configure ${input.config.sysconfig.hostname}: names, network, users`,
    reads: [],
    writes: ['the root file system', ...swap.map((device) => `swap entry for ${deviceName(device)}`)],
    destroys: [],
    undo: nothingToUndo,
    estimated_seconds: 1,
    params: { sysconfig: resolveInterfaces(input), swap },
  }
}

/** Interfaces by permanent MAC: names such as `net0` mean a position that only this inventory knows. */
function resolveInterfaces({ config, resolved }: PlanInput): SysconfigConfig {
  const byMac = (entry: InterfaceConfig): InterfaceConfig => {
    const found = resolved.interfaces[entry.name]
    return found ? { ...entry, selector: `mac:${found.mac}` } : entry
  }
  return { ...config.sysconfig, interfaces: config.sysconfig.interfaces.map(byMac) }
}

function agentStep(): Step {
  return {
    kind: 'install-agent',
    id: 'install-agent',
    title: 'Install the agent',
    reads: [],
    writes: ['the root file system'],
    destroys: [],
    undo: nothingToUndo,
    estimated_seconds: 2,
    params: {},
  }
}

function bootArchiveStep(layout: Layout): Step {
  return {
    kind: 'update-boot-archive',
    id: 'update-boot-archive',
    title: 'Make the boot archive',
    reads: [],
    writes: ['the root file system'],
    destroys: [],
    undo: nothingToUndo,
    estimated_seconds: 20,
    params: { root: layout.root },
  }
}
