import { canonicalJson } from '@slipway/base'
import { replaceStorage, type StorageConfig } from '@slipway/machine-config'
import { Panel } from '../../../ui/Panel.tsx'
import { printBytes } from '../../../ui/format-bytes.ts'
import { useDraft } from '../draft/draft.ts'
import { poolCapacity } from '../draft/capacity.ts'
import { suggestLayouts, type Layout } from '../draft/layouts.ts'
import { diskNamed } from './disk-named.ts'
import classes from './LayoutChoice.module.css'

/** Layouts that these disks allow; one click writes one, and everything can be changed below. */
export function LayoutChoice() {
  const { inventory, config, apply } = useDraft()
  const layouts = suggestLayouts(inventory)
  if (layouts.length === 0)
    return (
      <Panel title="Suggested layouts">
        <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem' }}>
          This machine has no disk that may be used: each is the live medium, mounted, read-only or in an imported pool.
        </p>
      </Panel>
    )
  const isChosen = ({ storage }: Layout) => config !== null && shapeOf(storage) === shapeOf(config)
  return (
    <Panel title="Suggested layouts">
      <div className={classes.layouts}>
        {layouts.map((layout) => (
          <button
            key={layout.title}
            type="button"
            className={classes.layout}
            aria-pressed={isChosen(layout)}
            onClick={() => apply((text) => replaceStorage(text, { ...layout.storage, wipes: config?.wipes ?? [] }))}
          >
            <strong>{layout.title}</strong>
            <span className="quiet">
              {usableOf(layout)} · {layout.why}
            </span>
          </button>
        ))}
      </div>
    </Panel>
  )

  function usableOf({ storage }: Layout): string {
    const size = (name: string) => diskNamed(inventory, name)?.bytes
    const [pool] = storage.pools
    const bytes = pool ? poolCapacity(pool, size).usable : (size(storage.filesystem?.disks[0] ?? '') ?? null)
    return bytes === null ? 'size unknown' : printBytes(bytes)
  }
}

/** What makes two layouts one: which disks in which vdevs. */
function shapeOf({ pools, filesystem }: Pick<StorageConfig, 'pools' | 'filesystem'>): string {
  return canonicalJson([pools.map(({ vdevs }) => vdevs), filesystem?.disks ?? []])
}
