import { Button, Menu } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { addPart } from '@slipway/machine-config'
import type { PoolConfig, VdevKind } from '@slipway/protocol'
import { FindingsAt } from '../FindingList.tsx'
import { useDraft } from '../draft/draft.ts'
import { CapacityBar } from './CapacityBar.tsx'
import classes from './Composition.module.css'
import { DropZone } from './DropZone.tsx'
import { VdevBox } from './VdevBox.tsx'

const furtherKinds: readonly VdevKind[] = [
  'mirror',
  'raidz1',
  'raidz2',
  'raidz3',
  'stripe',
  'log',
  'cache',
  'spare',
  'special',
]

/** One pool: what it can hold, and its vdevs. */
export function PoolBox({ pool, index }: { pool: PoolConfig; index: number }) {
  const { apply } = useDraft()
  const pointer = `/pools/${index}`
  const add = (kind: VdevKind) => apply((text) => addPart(text, pointer, { kind: 'vdev', value: { kind, disks: [] } }))
  return (
    <section className={classes.pool} aria-label={`Pool ${pool.name}`}>
      <div className={classes.head}>
        <strong>{pool.name}</strong>
        <span className="quiet">
          {[pool.root && 'holds the system', pool.existing && 'exists already'].filter(Boolean).join(' · ')}
        </span>
        {!pool.existing && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button
                size="compact-xs"
                variant="subtle"
                color="gray"
                leftSection={<IconPlus size={13} aria-hidden />}
                className={classes.headAction}
              >
                Add vdev
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {furtherKinds.map((kind) => (
                <Menu.Item key={kind} onClick={() => add(kind)}>
                  {kind}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {!pool.existing && <CapacityBar pool={pool} />}
      {pool.vdevs.map((vdev, at) => (
        <VdevBox key={`${vdev.kind} ${at}`} vdev={vdev} pool={index} index={at} />
      ))}
      {!pool.existing && (
        <DropZone
          target={{ kind: 'new-vdev', pool: index, vdevKind: 'mirror' }}
          label={`A further mirror of ${pool.name}`}
          className={classes.new}
        >
          <span className="quiet">Drop a disk here for a further mirror</span>
        </DropZone>
      )}
      <FindingsAt
        pointers={[pointer, `${pointer}/name`, `${pointer}/root`, `${pointer}/existing`, `${pointer}/vdevs`]}
        only
      />
      <FindingsAt pointers={[`${pointer}/options`]} />
    </section>
  )
}
