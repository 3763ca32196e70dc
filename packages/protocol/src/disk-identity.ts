import type { Disk } from './inventory.ts'

/** The lasting name of a disk; `weak` means that it names a place, not a device, and wants a person's confirmation. */
export interface DiskIdentity {
  readonly id: string
  readonly weak: boolean
}

/**
 * Names a disk for good: WWN/EUI/NGUID, else serial + model + size, else bus path (weak), as machines.md fixes.
 * Two nodes with one identity are one disk (multipath).
 */
export function diskIdentity(
  disk: Pick<Disk, 'wwn' | 'serial' | 'model' | 'bytes' | 'by_path' | 'name'>,
): DiskIdentity {
  if (disk.wwn) return { id: `wwn:${disk.wwn.toLowerCase()}`, weak: false }
  if (disk.serial) return { id: `serial:${disk.serial}:${disk.model ?? ''}:${disk.bytes}`, weak: false }
  return { id: `path:${disk.by_path ?? disk.name}:${disk.bytes}`, weak: true }
}
