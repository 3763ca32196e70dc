import { checkConfig } from '@slipway/machine-config'
import { expect, it } from 'vitest'
import { columnsOf, filledDown, machinesOf, noWish, pasted, valueOf, withValue, type BatchWish } from './batch-wish.ts'
import { allColumns, textAt } from './value-columns.ts'

const { config } = checkConfig(`pool "rpool" {
    vdev "mirror" {
        disks "vda" "vdb"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "web-01"
    interface "net0" {
        vlan id=5
        address name="v4" kind="static" "192.0.2.10/24"
        address name="v6" kind="addrconf"
    }
}
`)
if (!config) throw new Error('the config of this test cannot be read')

const [hostname, address, vlan] = [
  '/sysconfig/hostname',
  '/sysconfig/interfaces/0/addresses/0/address',
  '/sysconfig/interfaces/0/vlan',
]
const lines = ['a', 'b', 'c'].map((machine_id, index) => ({
  machine: { machine_id, hostname: index === 1 ? 'node-b.example.com' : null },
  index,
}))
const wish: BatchWish = { ...noWish, machines: ['a', 'b', 'c'] }
const shown = (of: BatchWish, pointer: string) => lines.map((line) => valueOf(of, config, line, pointer))

it('has a column for what always differs, and for what was added and exists', () => {
  expect(columnsOf({ columns: [] }, config)).toEqual([
    { pointer: hostname, title: 'Hostname' },
    { pointer: address, title: 'Address of net0 (v4)' },
  ])
  const columns = [vlan, '/gone', hostname]
  expect(columnsOf({ columns }, config).map(({ pointer }) => pointer)).toEqual([hostname, address, vlan])
  const all = allColumns(config).map(({ pointer }) => pointer)
  expect(all).toContain('/pools/0/vdevs/0/disks/1')
  expect(new Set(all).size).toBe(all.length)
})

it('suggests the machine’s own name, addresses counted up, and else the template’s value', () => {
  expect(shown(wish, hostname)).toEqual(['web-01', 'node-b', 'web-03'])
  expect(shown(wish, address)).toEqual(['192.0.2.10/24', '192.0.2.11/24', '192.0.2.12/24'])
  expect(shown(wish, vlan)).toEqual(['5', '5', '5'])
  expect(textAt(config, '/nowhere/0')).toBe('')
})

it('keeps what was typed, and counts a column up from its first line', () => {
  const typed = withValue(wish, 'a', hostname, 'db-7')
  expect(shown(typed, hostname)).toEqual(['db-7', 'node-b', 'web-03'])
  expect(shown(filledDown(typed, config, lines, hostname), hostname)).toEqual(['db-7', 'db-8', 'db-9'])
})

it('takes cells from a spreadsheet, no further than the table goes', () => {
  const columns = columnsOf(wish, config).slice(0)
  const next = pasted(wish, 'x1\t192.0.2.50/24\tmore\r\nx2\nx3\t \nx4\n', { lines: lines.slice(1), columns })
  expect(shown(next, hostname)).toEqual(['web-01', 'x1', 'x2'])
  expect(shown(next, address)).toEqual(['192.0.2.10/24', '192.0.2.50/24', '192.0.2.12/24'])
})

it('tells the API typed values, and leaves an empty cell to the template', () => {
  const next = withValue(withValue({ ...wish, columns: [vlan] }, 'a', vlan, '042'), 'b', vlan, '')
  expect(machinesOf(next, config, lines.slice(0, 2))).toEqual([
    { machine_id: 'a', values: { [hostname]: 'web-01', [address]: '192.0.2.10/24', [vlan]: 42 } },
    { machine_id: 'b', values: { [hostname]: 'node-b', [address]: '192.0.2.11/24' } },
  ])
})
