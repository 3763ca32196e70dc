import { type Disk, diskIdentity, type Step } from '@slipway/protocol'
import { wipeMode } from './check-input.ts'
import { describeContents } from './describe-contents.ts'
import { deviceName, diskRef, diskTitle, isBlank, partitionOf } from './disk-ref.ts'
import { type Layout, type PartitionPlan, resolvedDisks } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import { inverse, irreversible, lost } from './step-parts.ts'

const secureBytesPerSecond = 200e6 // sequential writes of a SATA disk; discard is faster

/** One `wipe-disk` for each disk that a `wipe` names and that has something to lose, in the order of the config. */
export function wipeSteps(input: PlanInput): Step[] {
  const names = input.config.wipes.flatMap((wipe) => wipe.disks)
  const disks = new Map(resolvedDisks(names, input).map((disk) => [diskIdentity(disk).id, disk]))
  return [...disks.values()].flatMap((disk) => {
    const mode = wipeMode(disk, input)
    // A quick wipe of a blank disk would clear nothing; a secure one still overwrites what no signature tells of.
    return mode === null || (mode === 'quick' && isBlank(disk)) ? [] : [wipeStep(disk, mode)]
  })
}

function wipeStep(disk: Disk, mode: 'quick' | 'secure'): Step {
  return {
    kind: 'wipe-disk',
    id: `wipe-disk:${disk.name}`,
    title: `Wipe disk ${diskTitle(disk)}, ${mode}: ${describeContents(disk)}`,
    reads: [],
    writes: [`disk ${diskTitle(disk)}`],
    destroys: [lost(disk)],
    undo: irreversible('what was on the disk cannot be brought back'),
    estimated_seconds: mode === 'quick' ? 2 : Math.ceil(disk.bytes / secureBytesPerSecond),
    params: { disk: diskRef(disk), mode },
  }
}

/** The partition table of every disk that the system starts from. */
export function partitionSteps(layout: Layout): Step[] {
  return layout.partitioned.map((disk) => ({
    kind: 'partition-disk',
    id: `partition-disk:${disk.name}`,
    title: `Partition disk ${diskTitle(disk)}: ${layout.partitions.map(({ role }) => role).join(', ')}`,
    reads: [],
    writes: [`disk ${diskTitle(disk)}`],
    destroys: [], // blank by now: what was there is told by the wipe
    undo: inverse(`clear the partition table of ${disk.name}`),
    estimated_seconds: 2,
    params: { disk: diskRef(disk), partitions: [...layout.partitions] },
  }))
}

const filesystems = {
  esp: { filesystem: 'vfat', label: 'ESP' },
  boot: { filesystem: 'ext4', label: 'boot' },
  swap: { filesystem: 'swap', label: 'swap' },
  root: { filesystem: 'ext4', label: 'root' },
} as const

/** File systems on the partitions that are not ZFS: ESPs, /boot, swap, an ext4 root. Second disks get a numbered label. */
export function filesystemSteps(layout: Layout): Step[] {
  return layout.partitioned.flatMap((disk, index) =>
    layout.partitions.flatMap((partition) => filesystemStep(disk, partition, index === 0 ? '' : String(index + 1))),
  )
}

function filesystemStep(disk: Disk, partition: PartitionPlan, suffix: string): Step[] {
  if (partition.role === 'pool' || partition.role === 'bios-boot') return []
  const { filesystem, label } = filesystems[partition.role]
  const device = partitionOf(disk, partition.number)
  const name = deviceName(device)
  return [
    {
      kind: 'create-filesystem',
      id: `create-filesystem:${name}`,
      title: `Make ${filesystem} (${partition.role}) on ${name}`,
      reads: [],
      writes: [`partition ${name}`],
      destroys: [],
      undo: inverse(`clear the ${filesystem} signature on ${name}`),
      estimated_seconds: 2,
      params: { filesystem, device, label: `${label}${suffix}` },
    },
  ]
}
