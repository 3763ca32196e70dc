import type { Disk } from '@slipway/protocol'
import type { Tone } from '../ui/tone.ts'

/** What is on a disk, in a word or two, and whether installing on it would lose something. */
export function diskContents(disk: Disk): { readonly text: string; readonly tone: Tone } {
  if (disk.live_medium) return { text: 'live medium', tone: 'bad' }
  if (disk.mounted) return { text: 'mounted', tone: 'bad' }
  if (disk.pool !== null) return { text: `pool ${disk.pool}`, tone: disk.pool_imported ? 'bad' : 'warn' }
  const [signature] = disk.signatures
  if (signature !== undefined) return { text: signature, tone: 'warn' }
  if (disk.partition_table !== null) return { text: partitions(disk), tone: 'warn' }
  return { text: 'blank', tone: 'good' }
}

function partitions({ partitions: { length }, partition_table }: Disk): string {
  return `${length} ${partition_table?.toUpperCase()} ${length === 1 ? 'partition' : 'partitions'}`
}
