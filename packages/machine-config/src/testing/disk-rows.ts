import type { Disk, Inventory } from '@slipway/protocol'
import type { CheckOptions } from '../options.ts'
import { around } from './finding-row.ts'
import { makeDisk } from './inventory.ts'
import type { MachineRow } from './machine-row.ts'

const diskAt = '/pools/0/vdevs/0/disks/0'
const one = (name: string) => around.vdev(`vdev "stripe" { disks «"${name}"»; }`)
const withDisk = (change: Partial<Disk>): Partial<Inventory> => ({ disks: [makeDisk('a', change), makeDisk('b')] })
const system = 'pool "rpool" { vdev "stripe" { disks "a"; }; }\nimage "oci://registry.example.com/base:1"\n'
const image = (facts: NonNullable<CheckOptions['image']>) => ({ options: { image: facts } })

export const diskRows: readonly MachineRow[] = [
  {
    code: 'disk-not-found',
    pointer: diskAt,
    marked: one('c9t9d9'),
    machine: {},
    cure: 'free disks ≥ 1.1 GB: a, b, c, d',
  },
  {
    code: 'disk-not-found',
    pointer: diskAt,
    marked: one('nvme0n1'),
    machine: {},
    ...image({ min_disk_bytes: 20e9 }),
    cure: 'free disks ≥ 20 GB: a, b, c, d',
  },
  {
    code: 'disk-not-found',
    pointer: '/wipes/0/disks/0',
    marked: around.top('wipe "quick" { disks «"x"»; }').replace('"c5t0d0" "c6t0d0"', '"a" "b"'),
    machine: {},
  },
  { code: 'disk-ambiguous', pointer: diskAt, marked: one('size:>=300G'), machine: {}, cure: 'a (serial:S-a)' },
  {
    code: 'disk-mounted',
    pointer: diskAt,
    marked: one('a'),
    machine: withDisk({ mounted: true }),
    cure: 'free disks ≥ 1.1 GB: b',
  },
  {
    code: 'disk-live-medium',
    pointer: diskAt,
    marked: one('a'),
    machine: withDisk({ live_medium: true, mounted: true }),
  },
  {
    code: 'disk-in-imported-pool',
    pointer: diskAt,
    marked: one('a'),
    machine: withDisk({ pool: 'old', pool_imported: true }),
  },
  { code: 'disk-read-only', pointer: diskAt, marked: one('a'), machine: withDisk({ read_only: true }) },
  {
    code: 'disk-not-blank',
    pointer: diskAt,
    marked: one('a'),
    machine: withDisk({ partition_table: 'gpt' }),
    cure: 'wipe "quick" { disks "a" }',
  },
  { code: 'disk-not-blank', pointer: diskAt, marked: one('a'), machine: withDisk({ signatures: ['ext4'] }) },
  { code: 'disk-not-blank', pointer: diskAt, marked: one('a'), machine: withDisk({ pool: 'old' }) },
  {
    code: 'disk-not-blank',
    pointer: diskAt,
    marked: `wipe "none" { disks "a"; }\n${one('a')}`,
    machine: withDisk({ signatures: ['ext4'] }),
  },
  { code: 'disk-too-small', pointer: diskAt, marked: one('a'), machine: withDisk({ bytes: 1e9 }), cure: 'b' },
  {
    code: 'disk-too-small',
    pointer: diskAt,
    marked: one('a'),
    machine: withDisk({ bytes: 9e9 }),
    ...image({ min_disk_bytes: 10e9 }),
  },
  {
    code: 'disk-too-small',
    pointer: '/pools/0',
    marked:
      '«pool "rpool"» { vdev "raidz1" { disks "a" "b"; }; }\nimage "oci://registry.example.com/base:1"\nsysconfig { hostname "m1"; }',
    machine: { disks: [makeDisk('a', { bytes: 9e9 }), makeDisk('b', { bytes: 9e9 })] },
    ...image({ min_disk_bytes: 10e9 }),
  },
  {
    code: 'disk-too-small',
    pointer: '/filesystem/disks/0',
    marked: around.pools('filesystem "ext4" { disks «"a"»; }'),
    machine: withDisk({ bytes: 1e9 }),
  },
  {
    code: 'disk-identity-weak',
    severity: 'warning',
    pointer: diskAt,
    marked: one('a'),
    machine: withDisk({ serial: null }),
  },
  {
    code: 'wiped-disk-unused',
    severity: 'warning',
    pointer: '/wipes/0/disks/0',
    marked: `wipe "quick" { disks «"b"»; }\n${system}sysconfig { hostname "m1"; }`,
    machine: {},
  },
  {
    code: 'disk-mounted',
    pointer: '/wipes/0/disks/0',
    marked: `wipe "none" { disks «"a"»; }\n${system.replace('disks "a"', 'disks "b"')}sysconfig { hostname "m1"; }`,
    machine: withDisk({ mounted: true }),
  },
  {
    code: 'disk-twice',
    pointer: '/pools/0/vdevs/0/disks/1',
    marked: around.vdev('vdev "mirror" { disks "a" «"b"»; }'),
    machine: { disks: [makeDisk('a', { wwn: '0x5000c5' }), makeDisk('b', { wwn: '0x5000C5' })] },
  },
  {
    code: 'vdev-sizes-differ',
    severity: 'warning',
    pointer: '/pools/0/vdevs/0',
    marked: around.vdev('«vdev "mirror"» { disks "a" "b"; }'),
    machine: withDisk({ bytes: 300e9 }),
  },
]
