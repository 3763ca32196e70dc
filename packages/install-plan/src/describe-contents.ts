import type { Disk } from '@slipway/protocol'
import { isBlank } from './disk-ref.ts'
import { formatBytes } from './format-bytes.ts'

const tableNames = { gpt: 'GPT', mbr: 'MBR', vtoc: 'VTOC' } as const

/** Says in words what a wipe of this disk would lose: `GPT with 3 partitions: ntfs, ext4, unknown; pool tank`. */
export function describeContents(disk: Disk): string {
  if (isBlank(disk)) return `no partition table and no known signature; all ${formatBytes(disk.bytes)}`
  const parts = [describeTable(disk), describeSignatures(disk), disk.pool ? `part of pool ${disk.pool}` : '']
  return parts.filter((part) => part !== '').join('; ')
}

function describeTable(disk: Disk): string {
  if (disk.partition_table === null && disk.partitions.length === 0) return ''
  const table = disk.partition_table === null ? 'partition table' : tableNames[disk.partition_table]
  if (disk.partitions.length === 0) return `empty ${table}`
  const kinds = disk.partitions.map((partition) => partition.signature ?? partition.type ?? 'unknown')
  const count = disk.partitions.length
  return `${table} with ${count} partition${count === 1 ? '' : 's'}: ${kinds.join(', ')}`
}

function describeSignatures(disk: Disk): string {
  // A partition table is reported as a signature too by wipefs; it has been told already.
  const others = disk.signatures.filter((signature) => !['gpt', 'PMBR', 'dos', 'mbr'].includes(signature))
  return others.length === 0 ? '' : `signature ${others.join(', ')} on the whole disk`
}
