import { Checkbox } from '@mantine/core'
import { addPart, removePart, setValue } from '@slipway/machine-config'
import type { Disk, MachineConfig } from '@slipway/protocol'
import { printBytes } from '../../../ui/format-bytes.ts'
import { Panel } from '../../../ui/Panel.tsx'
import { diskContents } from '../../../words/disk-contents.ts'
import { namedDisks } from '../cures/cures-for.ts'
import { FindingsAt } from '../FindingList.tsx'
import { useDraft } from '../draft/draft.ts'
import type { Edit } from '../draft/edit-chain.ts'
import { isBlank } from '../draft/layouts.ts'
import { diskNamed } from './disk-named.ts'

/** What may be lost: a disk that holds something is written only when it is named here. */
export function WipePanel() {
  const { config, inventory, apply } = useDraft()
  if (config === null) return null
  const wiped = (disk: Disk) => placeOf(config, (written) => diskNamed(inventory, written)?.name === disk.name)
  const used = namedDisks(config).flatMap((written) => diskNamed(inventory, written) ?? [])
  const rows = inventory.disks.filter((disk) => (used.includes(disk) && !isBlank(disk)) || wiped(disk) !== null)
  const hasFindings = config.wipes.length > 0
  if (rows.length === 0 && !hasFindings) return null
  return (
    <Panel title="What is lost">
      <p className="quiet" style={{ margin: '0 0 10px', fontSize: '0.8125rem' }}>
        These disks hold something. What is on them is destroyed only where you tick it.
      </p>
      {rows.map((disk) => (
        <Checkbox
          key={disk.name}
          mb="xs"
          size="sm"
          checked={wiped(disk) !== null}
          onChange={(event) => apply(event.currentTarget.checked ? wipe(config, disk) : keep(config, wiped(disk)))}
          label={
            <>
              Wipe <strong className="mono">{disk.name}</strong> {disk.serial !== null && `(serial ${disk.serial})`},{' '}
              {printBytes(disk.bytes)}: {diskContents(disk).text} is lost
            </>
          }
        />
      ))}
      <FindingsAt pointers={['/wipes']} />
    </Panel>
  )
}

interface WipePlace {
  readonly wipe: number
  readonly index: number
}

function placeOf({ wipes }: MachineConfig, isIt: (written: string) => boolean): WipePlace | null {
  for (const [wipe, { mode, disks }] of wipes.entries()) {
    const index = mode === 'none' ? -1 : disks.findIndex(isIt)
    if (index >= 0) return { wipe, index }
  }
  return null
}

function wipe({ wipes }: MachineConfig, disk: Disk): Edit {
  const at = wipes.findIndex(({ mode }) => mode === 'quick')
  return (text) =>
    at >= 0
      ? setValue(text, `/wipes/${at}/disks/-`, disk.name)
      : addPart(text, '', { kind: 'wipe', value: { mode: 'quick', disks: [disk.name] } })
}

function keep({ wipes }: MachineConfig, place: WipePlace | null): Edit {
  const at = place ?? { wipe: 0, index: 0 }
  const isLast = wipes[at.wipe]?.disks.length === 1
  return (text) =>
    isLast ? removePart(text, `/wipes/${at.wipe}`) : setValue(text, `/wipes/${at.wipe}/disks/${at.index}`, null)
}
