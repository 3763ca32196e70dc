import { findDisk } from '@slipway/machine-config'
import type { Disk, Inventory } from '@slipway/protocol'

/** The one disk that a name of the config means on this machine; undefined where it means none or several. */
export function diskNamed({ disks }: Pick<Inventory, 'disks'>, written: string): Disk | undefined {
  const match = findDisk(written, disks, new Set())
  return match.kind === 'one' ? match.disk : undefined
}
