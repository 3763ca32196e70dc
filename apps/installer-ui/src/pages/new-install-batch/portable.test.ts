import { checkConfig } from '@slipway/machine-config'
import type { Inventory } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { portable } from './portable.ts'

const inventory = {
  interfaces: [
    { name: 'enp1s0', mac: '02:00:00:00:00:01', bus_index: 0 },
    { name: 'enp2s0', mac: '02:00:00:00:00:02', bus_index: 1 },
  ],
} as unknown as Inventory // only what is read

const text = `pool "rpool" {
    vdev "stripe" {
        disks "vda"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "web"
    // the fast one
    interface "net0" selector="mac:02:00:00:00:00:02"
    interface "enp1s0" {
        mtu 9000
    }
}
`

it('names a card by its place on the bus, and leaves the rest as it stands', () => {
  const { config } = checkConfig(text)
  const edited = config && portable(config, inventory)?.(text)
  expect(edited).toEqual({ ok: true, value: text.replace('"net0" selector="mac:02:00:00:00:00:02"', '"net1"') })
})

it.each([
  ['no MAC', text.replace(' selector="mac:02:00:00:00:00:02"', '')],
  ['a card that this machine has not', text.replace('00:02', '00:03')],
])('has nothing to do where it finds %s', (_, other) => {
  const { config } = checkConfig(other)
  expect(config && portable(config, inventory)).toBeNull()
})
