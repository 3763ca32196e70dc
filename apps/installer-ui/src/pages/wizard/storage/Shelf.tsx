import classes from './Composition.module.css'
import { DiskChip } from './DiskChip.tsx'
import { DropZone } from './DropZone.tsx'
import { useDiskMoves } from './use-disk-moves.ts'

/** Disks that the config leaves alone. */
export function Shelf() {
  const { unused } = useDiskMoves()
  return (
    <DropZone target={{ kind: 'shelf' }} label="Disks not used" className={classes.shelf}>
      <div className={classes.head}>
        <strong>Not used</strong> <span className="quiet">these disks are never touched</span>
      </div>
      <ul className={classes.disks}>
        {unused.map((disk) => (
          <DiskChip key={disk.name} written={disk.name} disk={disk} />
        ))}
        {unused.length === 0 && <li className="quiet">Every disk is in use.</li>}
      </ul>
    </DropZone>
  )
}
