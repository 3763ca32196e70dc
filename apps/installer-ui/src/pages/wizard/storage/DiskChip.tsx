import { useDraggable } from '@dnd-kit/core'
import { ActionIcon, Menu } from '@mantine/core'
import { IconArrowsMove, IconDatabase, IconDeviceSdCard, IconQuestionMark } from '@tabler/icons-react'
import type { Disk } from '@slipway/protocol'
import { printBytes } from '../../../ui/format-bytes.ts'
import { Tag } from '../../../ui/Tag.tsx'
import { diskContents } from '../../../words/disk-contents.ts'
import classes from './Composition.module.css'
import { DiskMenu } from './DiskMenu.tsx'
import { useDiskMoves } from './use-disk-moves.ts'

interface DiskChipProps {
  /** As the config names it. */
  readonly written: string
  /** Undefined: this machine has no such disk. */
  readonly disk: Disk | undefined
}

/** A disk that can be dragged, or moved by its menu. */
export function DiskChip({ written, disk }: DiskChipProps) {
  const { isUsable } = useDiskMoves()
  const isFree = disk !== undefined && isUsable(disk)
  const { setNodeRef, listeners, transform, isDragging } = useDraggable({
    id: disk?.name ?? written,
    disabled: !isFree,
  })
  const shift = transform && { transform: `translate(${transform.x}px, ${transform.y}px)` }
  const Icon = disk === undefined ? IconQuestionMark : disk.rotational ? IconDatabase : IconDeviceSdCard
  return (
    <li ref={setNodeRef} className={classes.disk} data-dragging={isDragging || undefined} style={shift ?? undefined}>
      <div className={classes.grip} data-free={isFree || undefined} {...(isFree ? listeners : {})}>
        <Icon size={17} stroke={1.5} aria-hidden />
        <div className={classes.diskText}>
          <span>
            <strong className="mono">{written}</strong>{' '}
            {disk && <span className="numbers">{printBytes(disk.bytes)}</span>}
          </span>
          <span className="quiet clip">
            {disk ? [disk.serial, disk.model].filter(Boolean).join(' · ') : 'not on this machine'}
          </span>
        </div>
        {disk && <Tag tone={diskContents(disk).tone}>{diskContents(disk).text}</Tag>}
      </div>
      {isFree && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Move ${disk.name} to…`}>
              <IconArrowsMove size={15} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <DiskMenu disk={disk} />
        </Menu>
      )}
    </li>
  )
}
