import type { DiskTarget } from '../draft/move-disk.ts'

/** Names of the places that a disk can be dropped on. */
export function dropId(target: DiskTarget): string {
  if (target.kind === 'shelf') return 'shelf'
  return target.kind === 'vdev' ? `vdev ${target.pool} ${target.vdev}` : `new ${target.pool} ${target.vdevKind}`
}

export function targetOf(id: string): DiskTarget | null {
  const [kind, pool, rest] = id.split(' ')
  if (kind === 'shelf') return { kind: 'shelf' }
  if (kind === 'vdev') return { kind: 'vdev', pool: Number(pool), vdev: Number(rest) }
  return kind === 'new' ? { kind: 'new-vdev', pool: Number(pool), vdevKind: 'mirror' } : null
}
