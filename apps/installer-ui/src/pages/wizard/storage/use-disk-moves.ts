import type { Disk } from '@slipway/protocol'
import { useDraft } from '../draft/draft.ts'
import { usableDisks } from '../draft/layouts.ts'
import { moveDisk, placeOf, type DiskPlace, type DiskTarget } from '../draft/move-disk.ts'
import { diskNamed } from './disk-named.ts'

interface DiskMoves {
  /** Puts a disk (by its device name) to a place. */
  readonly move: (disk: string, to: DiskTarget) => void
  /** Disks of the machine that no pool and no filesystem names. */
  readonly unused: readonly Disk[]
  readonly placeOf: (disk: Disk) => DiskPlace | null
  readonly isUsable: (disk: Disk) => boolean
}

/** The disks of the draft's machine and where they stand in its config. */
export function useDiskMoves(): DiskMoves {
  const { inventory, config, apply } = useDraft()
  const pools = config?.pools ?? []
  const find = (name: string) => placeOf({ pools }, (written) => diskNamed(inventory, written)?.name === name)
  const inFilesystem = new Set(config?.filesystem?.disks.map((written) => diskNamed(inventory, written)?.name))
  const usable = new Set(usableDisks(inventory.disks))
  return {
    move: (disk, to) => apply(moveDisk({ pools }, { disk, from: find(disk), to })),
    unused: inventory.disks.filter(({ name }) => find(name) === null && !inFilesystem.has(name)),
    placeOf: ({ name }) => find(name),
    isUsable: (disk) => usable.has(disk),
  }
}
