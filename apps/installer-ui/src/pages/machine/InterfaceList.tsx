import { IconNetwork, IconNetworkOff } from '@tabler/icons-react'
import type { NetworkInterface } from '@slipway/protocol'
import { Tag } from '../../ui/Tag.tsx'
import classes from './InventoryPanels.module.css'

/** The machine's network interfaces with link and addresses. */
export function InterfaceList({ interfaces }: { interfaces: readonly NetworkInterface[] }) {
  if (interfaces.length === 0) return <p className="quiet">This machine reports no interfaces.</p>
  return (
    <ul className={classes.list}>
      {interfaces.map((each) => (
        <InterfaceItem key={each.name} each={each} />
      ))}
    </ul>
  )
}

function InterfaceItem({ each }: { each: NetworkInterface }) {
  const Icon = each.link === 'down' ? IconNetworkOff : IconNetwork
  return (
    <li className={classes.item}>
      <Icon size={20} stroke={1.4} aria-hidden />
      <div className={classes.what}>
        <div>
          <strong className="mono">{each.name}</strong> <span className="mono quiet">{each.mac}</span>
        </div>
        <div className="quiet clip">
          {[...each.addresses, each.driver, each.speed_mbps === null ? null : `${each.speed_mbps} Mb/s`]
            .filter(Boolean)
            .join(' · ')}
        </div>
      </div>
      <Tag tone={linkTone[each.link]}>{`link ${each.link}`}</Tag>
    </li>
  )
}

const linkTone = { up: 'good', down: 'bad', unknown: 'idle' } as const
