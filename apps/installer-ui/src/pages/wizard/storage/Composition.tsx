import {
  DndContext,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
  type DragEndEvent,
} from '@dnd-kit/core'
import { Panel } from '../../../ui/Panel.tsx'
import { Notice } from '../../../ui/Notice.tsx'
import { IconAlertTriangle } from '@tabler/icons-react'
import { FindingsAt } from '../FindingList.tsx'
import { useDraft } from '../draft/draft.ts'
import classes from './Composition.module.css'
import { FilesystemBox } from './FilesystemBox.tsx'
import { PoolBox } from './PoolBox.tsx'
import { Shelf } from './Shelf.tsx'
import { targetOf } from './drop-target.ts'
import { useDiskMoves } from './use-disk-moves.ts'

/** Pools and vdevs of the machine's disks: dragged, or moved by each disk's menu. */
export function Composition() {
  const { config, refusal } = useDraft()
  const { move } = useDiskMoves()
  const sensors = useSensors(
    // Not pointer events: a finger that scrolls the page would take a disk along.
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }),
    useSensor(KeyboardSensor),
  )
  if (config === null) return null
  const drop = ({ active, over }: DragEndEvent) => {
    const target = over && targetOf(String(over.id))
    if (target) move(String(active.id), target)
  }
  return (
    <DndContext sensors={sensors} onDragEnd={drop}>
      <Panel title="Disks">
        {refusal !== null && <Notice tone="bad" icon={IconAlertTriangle} title={refusal} />}
        <div className={classes.pools}>
          {config.pools.map((pool, index) => (
            <PoolBox key={pool.name} pool={pool} index={index} />
          ))}
          {config.filesystem && <FilesystemBox filesystem={config.filesystem} />}
          <Shelf />
        </div>
        <FindingsAt pointers={['', '/pools', '/filesystem']} only />
      </Panel>
    </DndContext>
  )
}
