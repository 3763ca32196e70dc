import { ActionIcon, NativeSelect } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { removePart } from '@slipway/machine-config'
import { vdevKinds, type VdevConfig } from '@slipway/protocol'
import { FindingsAt } from '../FindingList.tsx'
import { useDraft } from '../draft/draft.ts'
import classes from './Composition.module.css'
import { DiskChip } from './DiskChip.tsx'
import { DropZone } from './DropZone.tsx'
import { diskNamed } from './disk-named.ts'

/** One vdev: its kind and its disks, with what is wrong about them. */
export function VdevBox({ vdev, pool, index }: { vdev: VdevConfig; pool: number; index: number }) {
  const { set, apply, inventory } = useDraft()
  const pointer = `/pools/${pool}/vdevs/${index}`
  return (
    <DropZone target={{ kind: 'vdev', pool, vdev: index }} label={`Vdev ${index + 1}`} className={classes.vdev}>
      <div className={classes.vdevHead}>
        <NativeSelect
          size="xs"
          aria-label={`Kind of vdev ${index + 1}`}
          data={[...vdevKinds]}
          value={vdev.kind}
          onChange={(event) => set(`${pointer}/kind`, event.currentTarget.value)}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Take vdev ${index + 1} out`}
          onClick={() => apply((text) => removePart(text, pointer))}
        >
          <IconX size={15} aria-hidden />
        </ActionIcon>
      </div>
      <ul className={classes.disks}>
        {vdev.disks.map((written) => (
          <DiskChip key={written} written={written} disk={diskNamed(inventory, written)} />
        ))}
        {vdev.disks.length === 0 && <li className="quiet">Drop a disk here, or use a disk’s “Move to”.</li>}
      </ul>
      <FindingsAt pointers={[pointer]} />
    </DropZone>
  )
}
