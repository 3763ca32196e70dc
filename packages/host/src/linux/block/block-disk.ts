import type { Disk } from '@slipway/protocol'
import type { Signature } from './signatures.ts'

/** A partition with everything the executors need; `signature` is read from the device itself. */
export interface BlockPartition {
  readonly number: number
  readonly name: string
  /** Device node now: `/dev/vda2`. Never kept in a plan. */
  readonly node: string
  readonly bytes: number
  readonly type: string
  readonly partName: string | null
  readonly partUuid: string | null
  readonly signature: Signature | null
  readonly mountedAt: string | null
}

/** A disk as it is now. */
export interface BlockDisk {
  readonly name: string
  readonly node: string
  readonly byId: readonly string[]
  readonly byPath: string | null
  readonly serial: string | null
  readonly wwn: string | null
  readonly model: string | null
  readonly bytes: number
  readonly sectorBytes: number
  readonly rotational: boolean
  readonly transport: Disk['transport']
  readonly readOnly: boolean
  readonly table: 'gpt' | 'mbr' | null
  readonly partitions: readonly BlockPartition[]
  /** What is on the whole disk beside a partition table. */
  readonly signatures: readonly Signature[]
  readonly mountpoints: readonly string[]
}

/** The node of a disk's partition: `/dev/vda2`, `/dev/nvme0n1p2`, `/dev/loop0p2` (the kernel adds `p` after a digit). */
export function partitionNode(diskNode: string, number: number): string {
  return /\d$/.test(diskNode) ? `${diskNode}p${number}` : `${diskNode}${number}`
}

/** Names of ZFS pools that have a label on this disk, imported or not. */
export function poolLabels(disk: BlockDisk): string[] {
  const signatures = [...disk.signatures, ...disk.partitions.map((partition) => partition.signature)]
  const labels = signatures.filter((found) => found?.type === 'zfs_member').map((found) => found?.label ?? '')
  return [...new Set(labels.filter((label) => label !== ''))]
}
