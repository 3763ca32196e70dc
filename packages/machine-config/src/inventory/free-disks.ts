import type { Disk } from '@slipway/protocol'
import { usedDisks } from '../check/check-disks-once.ts'
import { diskSizeWords } from '../size.ts'
import { nearestWord } from '../suggestion.ts'
import { distinctDisks, isUsable, nodesOf } from './find-disk.ts'
import type { MachineCheck } from './machine-check.ts'

/** Writes the disks that could stand in: usable, named nowhere in the config, large enough, blank ones first. */
export function freeDisksSentence({ config, inventory, disks }: MachineCheck, atLeast: number): string {
  const used = new Set(disks.values())
  const written = new Set(usedDisks(config).map((use) => use.name))
  const free = distinctDisks(inventory.disks).filter(
    (disk) =>
      nodesOf(disk, inventory.disks).every(isUsable) &&
      !used.has(disk) &&
      !written.has(disk.name) &&
      disk.bytes >= atLeast,
  )
  const size = atLeast > 0 ? ` ≥ ${diskSizeWords(atLeast)}` : ''
  if (free.length === 0) return `no disk${size} of this machine is free`
  const sorted = [...free.filter(isBlank), ...free.filter((disk) => !isBlank(disk))]
  const names = sorted.slice(0, 8).map((disk) => (isBlank(disk) ? disk.name : `${disk.name} (not blank)`))
  return `free disks${size}: ${names.join(', ')}${sorted.length > 8 ? ` and ${sorted.length - 8} more` : ''}`
}

/** No partition table, no signature, no pool: nothing to lose. */
export function isBlank(disk: Disk): boolean {
  return (
    disk.partition_table === null && disk.partitions.length === 0 && disk.signatures.length === 0 && disk.pool === null
  )
}

/** Says what is on a disk, for a person to judge. */
export function contentsOf(disk: Disk): string {
  if (disk.pool !== null) return `a part of pool \`${disk.pool}\``
  const signatures = [...disk.signatures, ...disk.partitions.flatMap((one) => (one.signature ? [one.signature] : []))]
  const table =
    disk.partition_table === null
      ? []
      : [`a ${disk.partition_table.toUpperCase()} partition table with ${disk.partitions.length} partitions`]
  return [...table, ...new Set(signatures)].join(', ') || `${disk.partitions.length} partitions`
}

/** The name on the machine that was probably meant. */
export function nearestDiskName(written: string, disks: readonly Disk[]): string | undefined {
  return nearestWord(
    written,
    disks.map((disk) => disk.name),
  )
}
