import type { Inventory, Machine } from '@slipway/protocol'
import { useRoute } from '../../api/route-query.ts'
import { Facts } from '../../ui/Facts.tsx'
import { printMemory } from '../../ui/format-bytes.ts'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { DiskList } from './DiskList.tsx'
import { InterfaceList } from './InterfaceList.tsx'

/** The machine's hardware, as machined reported it last. */
export function InventoryPanels({ machine }: { machine: Machine }) {
  const inventory = useRoute('getMachineInventory', { params: { machine_id: machine.machine_id } })
  const isInstalled = machine.status === 'installed' || machine.status === 'managed'
  return (
    <div>
      <Panel title="Machine">
        <Facts facts={[...identity(machine), ...(inventory.data ? hardware(inventory.data) : [])]} />
      </Panel>
      {machine.address !== null && (
        <QueryView query={inventory} what="the hardware">
          {({ disks, interfaces }) => (
            <>
              <Panel title={`Disks (${disks.length})`}>
                {isInstalled && (
                  <p className="quiet" style={{ margin: '0 0 10px', fontSize: '0.8125rem' }}>
                    As the live environment reported them before the installation.
                  </p>
                )}
                <DiskList disks={disks} />
              </Panel>
              <Panel title={`Interfaces (${interfaces.length})`}>
                <InterfaceList interfaces={interfaces} />
              </Panel>
            </>
          )}
        </QueryView>
      )}
    </div>
  )
}

function identity({ machine_id, address, port, system_addresses, last_seen, first_seen, version }: Machine) {
  const isUp = system_addresses.length > 0 || null // null: left out
  return [
    [
      'Machine id',
      <span key="id" className="mono">
        {machine_id}
      </span>,
    ],
    ['Address', isUp && <span className="mono">{system_addresses.join(', ')}</span>],
    [isUp ? 'Live environment' : 'Address', address && <span className="mono">{`${address}:${port}`}</span>],
    ['Last seen', <RelativeTime key="last" at={last_seen} />],
    ['First seen', <RelativeTime key="first" at={first_seen} />],
    ['machined', version],
  ] as const
}

function hardware({ cpus, memory_bytes, firmware, secure_boot, platform, architecture, smbios }: Inventory) {
  const product = [smbios.manufacturer, smbios.product].filter((word) => word !== null).join(' ')
  return [
    ['Product', product],
    ['Serial', smbios.serial],
    ['Processor', `${cpus.cores} cores${cpus.model === null ? '' : `, ${cpus.model}`}`],
    ['Memory', printMemory(memory_bytes)],
    ['Firmware', `${firmware.toUpperCase()}${secure_boot ? ', Secure Boot' : ''}`],
    ['System', `${platform}, ${architecture}`],
  ] as const
}
