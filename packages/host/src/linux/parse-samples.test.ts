import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseLsblk } from './block/lsblk.ts'
import { parsePartitionTable, partitionNumber } from './block/partition-table.ts'
import { parseSignatures } from './block/signatures.ts'
import { parseEfibootmgr } from './boot/efi-variables.ts'
import { parseIpAddresses } from './inventory/ip-addresses.ts'
import { parseBootEnvironments } from './inventory/read-pools.ts'
import { parseMountinfo } from './mounts.ts'
import { parseArping } from './probe-address.ts'
import { parseLabelHostid } from './zfs/hostid.ts'
import { parseImportablePools } from './zfs/importable-pools.ts'

/** Output of the real tools; the first line of each file says which tool, version and command made it. */
function sample(name: string): string {
  const text = readFileSync(join(import.meta.dirname, 'samples', `${name}.txt`), 'utf8')
  const [header = '', ...rest] = text.split('\n')
  expect(header).toMatch(/^# tool: .+; version: .+; command: .+/)
  return rest.join('\n')
}

describe('recorded output of the tools', () => {
  test('sfdisk tells names and sizes in bytes of a GPT', () => {
    const table = parsePartitionTable(sample('sfdisk-gpt'))
    expect(table.kind).toBe('gpt')
    expect(table.partitions.map(({ name, bytes }) => ({ name, bytes }))).toEqual([
      { name: 'slipway-esp-0123456789ab', bytes: 64 * 1024 * 1024 },
      { name: 'slipway-root-0123456789ab', bytes: 141_540_864 },
    ])
    expect(table.partitions[0]?.type).toBe('c12a7328-f81f-11d2-ba4b-00a0c93ec93b')
  })

  test('wipefs tells one signature per type and label', () => {
    expect(parseSignatures(sample('wipefs-vfat'))).toMatchObject([{ type: 'vfat', label: 'ESP' }])
    expect(parseSignatures(sample('wipefs-gpt')).map((found) => found.type)).toEqual(['gpt', 'PMBR'])
    expect(parseSignatures('')).toEqual([])
  })

  test('lsblk tells sizes and children', () => {
    const [disk] = parseLsblk(sample('lsblk-loop'))
    expect(disk).toMatchObject({ type: 'loop', size: 209_715_200, ro: false, serial: null, 'log-sec': 512 })
    expect(disk?.children.map((child) => partitionNumber(child.path))).toEqual([1, 2])
  })

  test('ip tells addresses with their prefix, without the loopback’s', () => {
    const links = parseIpAddresses(sample('ip-address'))
    expect(links.find((link) => link.name === 'v0')?.addresses).toContain('10.99.0.1/24')
    expect(links.find((link) => link.name === 'lo')?.addresses).toEqual([])
  })

  test('arping tells who has an address', () => {
    expect(parseArping(sample('arping-taken'))).toBe('3a:22:9d:8b:f3:fc')
    expect(parseArping('Sent 3 probes (3 broadcast(s))\nReceived 0 response(s)\n')).toBeNull()
  })

  test('zpool import tells pools by name, GUID and state', () => {
    expect(parseImportablePools(sample('zpool-import-mirror'))).toEqual([
      { name: 'rpool', guid: '12415318491445197046', state: 'ONLINE' },
    ])
    expect(parseImportablePools('no pools available to import\n')).toEqual([])
  })

  test('boot environments are told with their own mount points, and the one that boots', () => {
    const listing =
      'rpool/ROOT\tnone\nrpool/ROOT/be-1\t/run/peek\nrpool/ROOT/be-2\t/run/peek\nrpool/ROOT/be-1/var\t/run/peek/var\n'
    expect(parseBootEnvironments(listing, { pool: 'rpool', bootfs: 'rpool/ROOT/be-1', altroot: '/run/peek' })).toEqual([
      { name: 'be-1', active: true, mountpoint: '/' },
      { name: 'be-2', active: false, mountpoint: '/' },
    ])
  })

  test('zdb tells the hostid of the last user in hex', () => {
    expect(parseLabelHostid(sample('zdb-label'))).toBe((1229825949).toString(16))
  })

  test('wipefs tells which pool a partition belongs to', () => {
    expect(parseSignatures(sample('wipefs-zfs'))).toMatchObject([{ type: 'zfs_member', label: 'rpool' }])
  })

  test('lsblk tells the serial of virtio disks', () => {
    expect(parseLsblk(sample('lsblk-virtio')).find((disk) => disk.name === 'vda')?.serial).toBe('DISK1')
  })

  test('mountinfo tells where and what', () => {
    expect(parseMountinfo(sample('mountinfo-live'))).toContainEqual({
      at: '/sys/firmware/efi/efivars',
      source: 'efivarfs',
      type: 'efivarfs',
    })
  })

  test('efibootmgr tells order and labels', () => {
    expect(parseEfibootmgr(sample('efibootmgr-fresh'))).toEqual({
      order: ['0000'],
      entries: [{ number: '0000', label: 'UiApp' }],
    })
    const mirror = parseEfibootmgr(sample('efibootmgr-mirror'))
    expect(mirror.order).toHaveLength(11)
    expect(mirror.entries).toContainEqual({ number: '0002', label: 'Slipway DISK2' })
  })

  test('output of another shape is an error that names the tool', () => {
    expect(() => parseLsblk('{"blockdevices":[{"name":1}]}')).toThrow(/lsblk/)
    expect(() => parsePartitionTable('not json')).toThrow(/sfdisk/)
  })
})
