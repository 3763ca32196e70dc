import type { PoolConfig } from '@slipway/protocol'
import { printBytes } from '../../../ui/format-bytes.ts'
import { useDraft } from '../draft/draft.ts'
import { poolCapacity } from '../draft/capacity.ts'
import classes from './Composition.module.css'
import { diskNamed } from './disk-named.ts'

/** How much of the disks' room data can take, the rest being redundancy, and how many disks may fail. */
export function CapacityBar({ pool }: { pool: PoolConfig }) {
  const { inventory } = useDraft()
  const { usable, raw, survives } = poolCapacity(pool, (name) => diskNamed(inventory, name)?.bytes)
  if (raw === 0) return <p className={classes.capacity}>No disks yet.</p>
  const share = usable === null ? 0 : (usable / raw) * 100
  return (
    <div className={classes.capacity}>
      <div className={classes.bar} aria-hidden>
        <div style={{ width: `${share}%` }} />
      </div>
      <span className="numbers">
        {usable === null ? 'size unknown' : `${printBytes(usable)} usable`} of {printBytes(raw)}
      </span>
      <span className="quiet">{tolerance(survives)}</span>
    </div>
  )
}

function tolerance(survives: number): string {
  if (survives === 0) return 'no redundancy: one failed disk loses the pool'
  return survives === 1 ? 'any one disk may fail' : `any ${survives} disks may fail`
}
