import type { Disk } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { suggestLayouts } from './layouts.ts'

const gb = 1e9

function disk(name: string, bytes: number, facts: Partial<Disk> = {}): Disk {
  return {
    name,
    bytes,
    by_id: [],
    by_path: null,
    serial: name,
    wwn: null,
    model: null,
    sector_bytes: 512,
    rotational: false,
    transport: 'sata',
    read_only: false,
    partition_table: null,
    partitions: [],
    signatures: [],
    pool: null,
    pool_imported: false,
    mounted: false,
    live_medium: false,
    ...facts,
  }
}

const titles = (disks: Disk[], platform: 'linux' | 'illumos' = 'linux') =>
  suggestLayouts({ disks, platform }).map(({ title }) => title)

it.each<[string, Disk[], string[]]>([
  ['no disk', [], []],
  ['one disk', [disk('a', 80 * gb)], ['ZFS on a', 'ext4 on a']],
  ['two alike', [disk('a', 80 * gb), disk('b', 82 * gb)], ['mirror of a, b', 'ZFS on a', 'ext4 on a']],
  [
    'two large and a small fast one',
    [disk('a', 2000 * gb, { rotational: true }), disk('b', 2000 * gb, { rotational: true }), disk('l', 100 * gb)],
    ['mirror of a, b', 'mirror of a, b + log on l', 'ZFS on a', 'ext4 on a'],
  ],
  [
    'four alike',
    ['a', 'b', 'c', 'd'].map((name) => disk(name, 500 * gb)),
    ['mirror of a, b', 'raidz2 of a, b, c, d', 'raidz1 of a, b, c, d', 'ZFS on a', 'ext4 on a'],
  ],
  [
    'the live medium, a mounted one and one with data beside a blank one',
    [
      disk('u', 30 * gb, { live_medium: true }),
      disk('m', 80 * gb, { mounted: true }),
      disk('d', 80 * gb, { partition_table: 'gpt' }),
      disk('a', 80 * gb),
    ],
    ['ZFS on a', 'ext4 on a'],
  ],
  ['one with data only', [disk('d', 80 * gb, { signatures: ['ext4'] })], ['ZFS on d', 'ext4 on d']],
])('%s', (_, disks, expected) => {
  expect(titles(disks)).toEqual(expected)
})

it('offers no ext4 to illumos', () => {
  expect(titles([disk('a', 80 * gb)], 'illumos')).toEqual(['ZFS on a'])
})
