import { NativeSelect } from '@mantine/core'
import type { MachineConfig } from '@slipway/protocol'
import { printBytes } from '../../../ui/format-bytes.ts'
import { FindingsAt } from '../FindingList.tsx'
import { useDraft } from '../draft/draft.ts'
import { usableDisks } from '../draft/layouts.ts'
import classes from './Composition.module.css'
import { diskNamed } from './disk-named.ts'

/** The system on one plain filesystem. */
export function FilesystemBox({ filesystem }: { filesystem: NonNullable<MachineConfig['filesystem']> }) {
  const { inventory, set } = useDraft()
  const [written = ''] = filesystem.disks
  const disk = diskNamed(inventory, written)
  return (
    <section className={classes.pool} aria-label="Root filesystem">
      <div className={classes.head}>
        <strong>{filesystem.kind}</strong>
        <span className="quiet">holds the system · no redundancy</span>
      </div>
      <NativeSelect
        size="xs"
        label="On the disk"
        value={disk?.name ?? written}
        data={[
          ...(disk ? [] : [{ value: written, label: `${written} (not on this machine)` }]),
          ...usableDisks(inventory.disks).map(({ name, bytes, serial }) => ({
            value: name,
            label: [name, printBytes(bytes), serial].filter(Boolean).join(' · '),
          })),
        ]}
        onChange={(event) => set('/filesystem/disks/0', event.currentTarget.value)}
      />
      <FindingsAt pointers={['/filesystem']} />
    </section>
  )
}
