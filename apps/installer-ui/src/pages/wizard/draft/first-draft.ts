import { printConfig } from '@slipway/machine-config'
import type { AddressConfig, Inventory, MachineConfig } from '@slipway/protocol'
import { suggestLayouts } from './layouts.ts'

/** What a new draft is made of beside the machine. */
export interface FirstDraft {
  readonly inventory: Inventory
  /** Image to begin with; empty: the person has to choose one. */
  readonly image: string
}

/** A config to begin with: the best layout for the disks, the first linked interface, the machine's own name. */
export function makeFirstDraft({ inventory, image }: FirstDraft): string {
  const nothing = { pools: [], filesystem: null, wipes: [] }
  const storage = suggestLayouts(inventory)[0]?.storage ?? nothing
  const config: MachineConfig = {
    ...storage,
    image: image === '' ? 'oci://registry.example.com/image:latest' : image,
    boot_environment_name: null,
    swap_bytes: null,
    dump_bytes: null,
    reboot: true,
    agent: true,
    sysconfig: {
      hostname: hostnameOf(inventory),
      nameservers: [],
      search: [],
      timezone: null,
      locale: null,
      interfaces: firstInterface(inventory),
      users: [],
    },
  }
  return printConfig(config)
}

function hostnameOf({ hostname, machine_id }: Inventory): string {
  const [label = ''] = hostname.split('.')
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/iu.test(label)
    ? label
    : `machine-${machine_id.slice(0, 8).toLowerCase()}`
}

/** DHCP on the first interface with a link: what lets a machine be reached in most networks. */
function firstInterface({ interfaces }: Inventory): MachineConfig['sysconfig']['interfaces'] {
  const nic = interfaces.find(({ link }) => link === 'up') ?? interfaces[0]
  if (!nic) return []
  const addresses: AddressConfig[] = [{ name: 'primary', kind: 'dhcp4', address: null }]
  return [{ name: 'net0', selector: `mac:${nic.mac}`, addresses, gateways: [], mtu: null, vlan: null }]
}
