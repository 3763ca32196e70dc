import { addPart, removePart, setValue } from '@slipway/machine-config'
import type { MachineConfig, VdevKind } from '@slipway/protocol'
import { editChain, type Edit } from './edit-chain.ts'

/** Where a disk can be put. */
export type DiskTarget =
  /** Used by nothing. */
  | { readonly kind: 'shelf' }
  | { readonly kind: 'vdev'; readonly pool: number; readonly vdev: number }
  /** A vdev of its own, to which others can be added. */
  | { readonly kind: 'new-vdev'; readonly pool: number; readonly vdevKind: VdevKind }

/** Where a disk stands in a config. */
export interface DiskPlace {
  readonly pool: number
  readonly vdev: number
  readonly index: number
}

/** The place of a disk as the config names it; null: in no pool. */
export function placeOf({ pools }: Pick<MachineConfig, 'pools'>, isIt: (written: string) => boolean): DiskPlace | null {
  for (const [pool, { vdevs }] of pools.entries())
    for (const [vdev, { disks }] of vdevs.entries()) {
      const index = disks.findIndex(isIt)
      if (index >= 0) return { pool, vdev, index }
    }
  return null
}

interface Move {
  /** As the config is to name it. */
  readonly disk: string
  readonly from: DiskPlace | null
  readonly to: DiskTarget
}

/** Puts a disk somewhere else; a vdev that loses its last disk goes. Comments around stay. */
export function moveDisk(config: Pick<MachineConfig, 'pools'>, { disk, from, to }: Move): Edit {
  const isThere = to.kind === 'vdev' && from?.pool === to.pool && from.vdev === to.vdev
  if (isThere || (to.kind === 'shelf' && from === null)) return editChain()
  return editChain(...put(disk, to), ...take(config, from))
}

function put(disk: string, to: DiskTarget): Edit[] {
  switch (to.kind) {
    case 'shelf':
      return []
    case 'vdev':
      return [(text) => setValue(text, `/pools/${to.pool}/vdevs/${to.vdev}/disks/-`, disk)]
    case 'new-vdev':
      return [
        (text) => addPart(text, `/pools/${to.pool}`, { kind: 'vdev', value: { kind: to.vdevKind, disks: [disk] } }),
      ]
  }
}

function take({ pools }: Pick<MachineConfig, 'pools'>, from: DiskPlace | null): Edit[] {
  if (from === null) return []
  const vdev = `/pools/${from.pool}/vdevs/${from.vdev}`
  const isLast = pools[from.pool]?.vdevs[from.vdev]?.disks.length === 1
  return [(text) => (isLast ? removePart(text, vdev) : setValue(text, `${vdev}/disks/${from.index}`, null))]
}
