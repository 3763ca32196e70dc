import { describe, expect, it } from 'vitest'
import type { Finding } from '@slipway/protocol'
import { checkConfig, parseConfig } from './check-config.ts'
import { resolveConfig } from './inventory/resolve-config.ts'
import { readMarked } from './testing/finding-row.ts'
import { makeDisk, makeInventory } from './testing/inventory.ts'
import { diskRows } from './testing/disk-rows.ts'
import { machineRows } from './testing/machine-rows.ts'

const placed = (finding: Finding) => ({ ...finding, message: undefined, cure: undefined })

describe('one thing that the machine shows makes one finding, at its place', () => {
  it.each([...diskRows, ...machineRows].map((row, index) => ({ ...row, title: `${index} ${row.code}` })))(
    '$title',
    (row) => {
      const { text, place } = readMarked(row.marked)
      const inventory = makeInventory(row.machine)
      const { findings, valid } = checkConfig(text, { ...row.options, inventory })
      const severity = row.severity ?? 'error'
      expect(findings.map(placed)).toEqual([
        { severity, code: row.code, pointer: row.pointer, message: undefined, cure: undefined, ...place },
      ])
      expect(valid).toBe(severity !== 'error')
      expect(findings[0]?.cure).toContain(row.cure ?? '')
      expect(checkConfig(text).findings, 'the text itself is without mistakes').toEqual([])
    },
  )
})

const config = (disks: string, more = '') =>
  `${more}\npool "rpool" { vdev "mirror" { disks ${disks}; }; }\nimage "oci://registry.example.com/base:1"\nsysconfig { hostname "m1"; interface "net1" { address name="a" kind="dhcp4"; }; }\n`

function resolve(text: string, inventory = makeInventory()) {
  const parsed = parseConfig(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return resolveConfig(parsed.value, inventory)
}

describe('names', () => {
  it.each([
    ['b'],
    ['/dev/b'],
    ['/dev/disk/by-id/ata-Model_S-b'],
    ['S-b'],
    ['serial:S-b'],
    ['0x5000C500B'],
    ['wwn:5000c500b'],
    ['size:<100G'],
    ['rotational:yes'],
    ['rotational:yes size:>=50G'],
    ['size:60G'],
  ])('%s means the disk b', (name) => {
    const b = makeDisk('b', { wwn: '0x5000c500b', bytes: 60e9, rotational: true })
    const resolved = resolve(config(`"a" "${name}"`), makeInventory({ disks: [makeDisk('a'), b, makeDisk('c')] }))
    expect(resolved.ok && resolved.value.disks[name]).toBe(b)
  })

  it('finds an interface by selector, by name and by position', () => {
    const resolved = resolve(config('"a" "b"'))
    expect(resolved.ok && resolved.value.interfaces['net1']?.mac).toBe('02:00:00:00:00:01')
  })

  it('takes two paths to one disk for one disk', () => {
    const paths = [makeDisk('a', { wwn: '0x1' }), makeDisk('b', { wwn: '0x1' }), makeDisk('c')]
    const resolved = resolve(config('"wwn:0x1" "c"', 'wipe "quick" { disks "b"; }'), makeInventory({ disks: paths }))
    expect(resolved.ok && resolved.value.disks['b']).toBe(paths[0])
    expect(resolved.ok && resolved.value.disks['wwn:0x1']).toBe(paths[0])
  })

  it('refuses a disk of which another path is mounted', () => {
    const paths = [makeDisk('a', { wwn: '0x1' }), makeDisk('b', { wwn: '0x1', mounted: true }), makeDisk('c')]
    const resolved = resolve(config('"a" "c"'), makeInventory({ disks: paths }))
    expect(!resolved.ok && resolved.error.map(({ code }) => code)).toEqual(['disk-mounted'])
  })

  it('lets a selector take the one fitting disk that is free', () => {
    const disks = [makeDisk('a'), makeDisk('b', { mounted: true }), makeDisk('c')]
    const resolved = resolve(config('"a" "size:>=300G"'), makeInventory({ disks }))
    expect(resolved.ok && resolved.value.disks['size:>=300G']?.name).toBe('c')
  })

  it('a wipe makes foreign data no mistake', () => {
    const disks = [makeDisk('a', { partition_table: 'gpt' }), makeDisk('b', { pool: 'old' })]
    const text = config('"a" "S-b"', 'wipe "quick" { disks "/dev/a"; }\nwipe "secure" { disks "b"; }')
    expect(resolve(text, makeInventory({ disks })).ok).toBe(true)
  })
})

it('an own MAC that answers a probe is not in use by another', () => {
  const text = config('"a" "b"').replace('kind="dhcp4"', 'kind="static" "10.0.0.5/8"').replace('net1', 'eno2')
  const own = { address: '10.0.0.5', mac: '02:00:00:00:00:00', proxy_arp: false, interface: 'eno2' }
  expect(checkConfig(text, { inventory: makeInventory(), taken: [own] }).findings).toEqual([])
})
