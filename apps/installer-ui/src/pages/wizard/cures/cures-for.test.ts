import { checkConfig, setValue } from '@slipway/machine-config'
import type { Disk, Inventory } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { curesFor } from './cures-for.ts'

function disk(name: string, table: Disk['partition_table'] = null): Disk {
  return {
    name,
    bytes: 80e9,
    by_id: [],
    by_path: null,
    serial: `S${name}`,
    wwn: null,
    model: null,
    sector_bytes: 512,
    rotational: false,
    transport: 'virtio',
    read_only: false,
    partition_table: table,
    partitions: [],
    signatures: [],
    pool: null,
    pool_imported: false,
    mounted: false,
    live_medium: false,
  }
}

const inventory: Inventory = {
  machine_id: 'm',
  hostname: 'm',
  boot_id: 'b',
  version: '1',
  platform: 'linux',
  architecture: 'amd64',
  simulated: true,
  virtual: true,
  cpus: { cores: 2, model: null },
  memory_bytes: 4e9,
  firmware: 'uefi',
  secure_boot: false,
  disks: [disk('vda'), disk('vdb', 'gpt'), disk('vdc')],
  interfaces: [
    {
      name: 'eth0',
      mac: '02:00:00:00:00:01',
      driver: null,
      link: 'up',
      speed_mbps: null,
      addresses: [],
      bus_index: 0,
      onboard: true,
    },
  ],
  pools: [],
  smbios: { uuid: null, manufacturer: null, product: null, serial: null },
  capabilities: ['zfs'],
  highest_fence: 0,
  stamps: [],
}

const text = `pool "rpool" { vdev "mirror" { disks "vda" "vdb"; }; }
image "oci://a.example.com/b"
sysconfig {
    hostname "m1"
    interface "net0" selector="mac:02:00:00:00:00:01" { address name="a" kind="static" "10.0.0.5/8"; gateway "192.168.0.1"; }
}
`

/** The cures that a changed text is offered, and the findings of their code that are left after the first. */
function cured(changed: string, code: string) {
  const { config, findings } = checkConfig(changed, { inventory })
  const [finding] = findings.filter((each) => each.code === code)
  const cures = finding ? curesFor(finding, { inventory, config }) : []
  const after = cures[0]?.edit(changed)
  const left = after?.ok ? checkConfig(after.value, { inventory }).findings.filter((each) => each.code === code) : null
  return { titles: cures.map(({ title }) => title), left: left?.length }
}

const set = (pointer: string, value: string) => {
  const edited = setValue(text, pointer, value)
  if (!edited.ok) throw new Error('the row cannot be made')
  return edited.value
}

it.each([
  ['disk-not-blank', text, ['Wipe vdb']],
  ['gateway-not-on-link', text, ['Take the gateway out']],
  ['disk-not-found', set('/pools/0/vdevs/0/disks/1', 'vdz'), ['Use vdc']],
  ['interface-not-found', set('/sysconfig/interfaces/0/selector', 'mac:02:00:00:00:00:09'), ['Use eth0']],
])('%s is cured by a click', (code, changed, titles) => {
  expect(cured(changed, code)).toEqual({ titles, left: 0 })
})

it('offers nothing for what needs thought', () => {
  expect(cured(set('/sysconfig/hostname', 'no_name'), 'hostname-illegal').titles).toEqual([])
})
