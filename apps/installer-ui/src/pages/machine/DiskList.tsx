import { IconDatabase, IconDeviceSdCard } from '@tabler/icons-react'
import type { Disk } from '@slipway/protocol'
import { printBytes } from '../../ui/format-bytes.ts'
import { Tag } from '../../ui/Tag.tsx'
import { diskContents } from '../../words/disk-contents.ts'
import classes from './InventoryPanels.module.css'

/** The machine's disks, each with its size to scale, its name and what is on it. */
export function DiskList({ disks }: { disks: readonly Disk[] }) {
  if (disks.length === 0) return <p className="quiet">This machine reports no disks.</p>
  const largest = Math.max(...disks.map(({ bytes }) => bytes))
  return (
    <ul className={classes.list}>
      {disks.map((disk) => (
        <DiskItem key={disk.name} disk={disk} share={disk.bytes / largest} />
      ))}
    </ul>
  )
}

function DiskItem({ disk, share }: { disk: Disk; share: number }) {
  const Icon = disk.rotational ? IconDatabase : IconDeviceSdCard
  const contents = diskContents(disk)
  return (
    <li className={classes.item}>
      <Icon size={20} stroke={1.4} aria-hidden />
      <div className={classes.what}>
        <div>
          <strong className="mono">{disk.name}</strong> <span className="numbers">{printBytes(disk.bytes)}</span>
        </div>
        <div className="quiet clip">
          {[
            disk.model,
            disk.serial && `serial ${disk.serial}`,
            disk.transport,
            disk.rotational ? 'rotating' : 'solid state',
          ]
            .filter(Boolean)
            .join(' · ')}
        </div>
        <div className={classes.bar} aria-hidden>
          <div data-tone={contents.tone} style={{ width: `${Math.max(4, share * 100)}%` }} />
        </div>
      </div>
      <Tag tone={contents.tone}>{contents.text}</Tag>
    </li>
  )
}
