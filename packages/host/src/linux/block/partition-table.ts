import { z } from 'zod'
import { parseToolJson } from '../parse-json.ts'

const partitionSchema = z.object({
  node: z.string(),
  start: z.number().int().nonnegative(),
  size: z.number().int().nonnegative(),
  type: z.string(),
  uuid: z.string().optional(),
  name: z.string().optional(),
})

const outputSchema = z.object({
  partitiontable: z.object({
    label: z.string(),
    sectorsize: z.number().int().positive().optional(),
    partitions: z.array(partitionSchema).optional(),
  }),
})

/** A partition as the table on the disk has it, read by sfdisk itself and not from udev's cache. */
export interface TablePartition {
  readonly node: string
  readonly bytes: number
  readonly type: string
  readonly uuid: string | null
  readonly name: string | null
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr'
  readonly partitions: readonly TablePartition[]
}

/** Reads `sfdisk -J DISK` (util-linux 2.38). */
export function parsePartitionTable(output: string): PartitionTable {
  const table = parseToolJson(outputSchema, output, 'sfdisk').partitiontable
  const sector = table.sectorsize ?? 512 // sfdisk leaves it out for old MBR disks
  return {
    kind: table.label === 'gpt' ? 'gpt' : 'mbr',
    partitions: (table.partitions ?? []).map((partition) => ({
      node: partition.node,
      bytes: partition.size * sector,
      type: partition.type.toLowerCase(),
      uuid: partition.uuid?.toLowerCase() ?? null,
      name: partition.name ?? null,
    })),
  }
}

/** The number at the end of a partition's node: 2 for `/dev/vda2`, 1 for `/dev/nvme0n1p1`. */
export function partitionNumber(node: string): number {
  return Number(/(\d+)$/.exec(node)?.[1] ?? 0)
}
