import { Menu } from '@mantine/core'
import type { Disk, VdevKind } from '@slipway/protocol'
import { useDraft } from '../draft/draft.ts'
import { useDiskMoves } from './use-disk-moves.ts'

const ownKinds: readonly VdevKind[] = ['mirror', 'stripe', 'log', 'cache', 'spare']

/** Every place that a disk can be moved to: what dragging does, for the keyboard. */
export function DiskMenu({ disk }: { disk: Disk }) {
  const { config } = useDraft()
  const { move, placeOf } = useDiskMoves()
  const at = placeOf(disk)
  const pools = (config?.pools ?? []).map((pool, index) => ({ pool, index })).filter(({ pool }) => !pool.existing)
  return (
    <Menu.Dropdown>
      {pools.map(({ pool, index }) => (
        <div key={pool.name}>
          <Menu.Label>{pool.name}</Menu.Label>
          {pool.vdevs.map(
            (vdev, vdevIndex) =>
              !(at?.pool === index && at.vdev === vdevIndex) && (
                <Menu.Item
                  key={`${vdev.kind} ${vdevIndex}`}
                  onClick={() => move(disk.name, { kind: 'vdev', pool: index, vdev: vdevIndex })}
                >
                  {`${vdev.kind} of ${vdev.disks.join(', ') || 'no disks'}`}
                </Menu.Item>
              ),
          )}
          {ownKinds.map((vdevKind) => (
            <Menu.Item
              key={vdevKind}
              onClick={() => move(disk.name, { kind: 'new-vdev', pool: index, vdevKind })}
            >{`a new ${vdevKind}`}</Menu.Item>
          ))}
        </div>
      ))}
      {at !== null && (
        <>
          <Menu.Divider />
          <Menu.Item onClick={() => move(disk.name, { kind: 'shelf' })}>Not used</Menu.Item>
        </>
      )}
      {pools.length === 0 && <Menu.Label>No pool to move it to: choose a ZFS layout first</Menu.Label>}
    </Menu.Dropdown>
  )
}
