import { useDroppable } from '@dnd-kit/core'
import type { ReactNode } from 'react'
import type { DiskTarget } from '../draft/move-disk.ts'
import { dropId } from './drop-target.ts'

interface DropZoneProps {
  readonly target: DiskTarget
  readonly label: string
  readonly className: string | undefined
  readonly children: ReactNode
}

/** A place that takes a dragged disk. */
export function DropZone({ target, label, className, children }: DropZoneProps) {
  const { setNodeRef, isOver, active } = useDroppable({ id: dropId(target) })
  return (
    <div
      ref={setNodeRef}
      role="group"
      aria-label={label}
      className={className}
      data-over={isOver || undefined}
      data-waits={active !== null || undefined}
    >
      {children}
    </div>
  )
}
