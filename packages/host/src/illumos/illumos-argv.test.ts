import type { DiskRef, StepOf } from '@slipway/protocol'
import { describe, expect, test } from 'vitest'
import { addressArgv } from '../sysconfig/illumos-rules.ts'
import { testStep } from '../linux/testing/test-step.ts'
import * as argv from './illumos-argv.ts'

const disk = (device: string): DiskRef => ({ identity: `serial:${device}`, serial: device, device, bytes: 1 })
const whole = (device: string) => ({ disk: disk(device), partition: null })
const pool: StepOf<'create-pool'>['params'] = testStep('create-pool', {
  pool: 'rpool',
  temporary_name: null,
  root: true,
  vdevs: [{ kind: 'mirror', devices: [whole('c5t0d0'), whole('c6t0d0')] }],
  pool_properties: { ashift: 12 },
  dataset_properties: { compression: 'zstd', atime: false },
}).params
const options = { targetRoot: '/a', installationId: 'ins_1', nameOf: (ref: { disk: DiskRef }) => ref.disk.device }
const dataset = (params: Partial<StepOf<'create-dataset'>['params']>) =>
  testStep('create-dataset', {
    pool: 'rpool',
    dataset: 'rpool/ROOT/be-1',
    type: 'filesystem',
    volume_bytes: null,
    properties: {},
    ...params,
  }).params

/** Each expectation cites the page of illumos-gate (usr/src/man) or of our specification that it follows. */
const table: readonly [what: string, source: string, made: string[], expected: string][] = [
  [
    'a root pool on whole disks, with an EFI system partition',
    'zpool(8) create: -B, -R root, -o, -O; machines.md "illumos"',
    argv.createPool(pool, options),
    'zpool create -f -R /a -B -o ashift=12 -O compression=zstd -O atime=off -O org.slipway:installation=ins_1 rpool mirror c5t0d0 c6t0d0',
  ],
  [
    'a root pool under a temporary name',
    'zpool(8) create: -t tname; machines.md "-t TMP"',
    argv.createPool({ ...pool, temporary_name: 'slipway-rpool' }, options),
    'zpool create -f -R /a -B -t slipway-rpool -o ashift=12 -O compression=zstd -O atime=off -O org.slipway:installation=ins_1 rpool mirror c5t0d0 c6t0d0',
  ],
  [
    'a data pool of striped disks needs neither -B nor a word',
    'zpool(8) "Virtual Devices"',
    argv.createPool(
      {
        ...pool,
        pool: 'data',
        root: false,
        vdevs: [{ kind: 'stripe', devices: [whole('c7t0d0')] }],
        pool_properties: {},
        dataset_properties: {},
      },
      options,
    ),
    'zpool create -f -R /a -O org.slipway:installation=ins_1 data c7t0d0',
  ],
  [
    'a boot environment',
    'zfs(8) create; beadm(8); machines.md "datasets"',
    argv.createDataset(dataset({ properties: { canmount: 'noauto', mountpoint: 'legacy' } }), 'ins_1'),
    'zfs create -o canmount=noauto -o mountpoint=legacy -o org.slipway:installation=ins_1 rpool/ROOT/be-1',
  ],
  [
    'a swap volume',
    'zfs(8) create -V size',
    argv.createDataset(dataset({ dataset: 'rpool/swap', type: 'volume', volume_bytes: 2147483648 }), 'ins_1'),
    'zfs create -V 2147483648 -o org.slipway:installation=ins_1 rpool/swap',
  ],
  [
    'an import below the target',
    'zpool(8) import: -N -R root',
    argv.importPool('rpool', { targetRoot: '/a', force: false }),
    'zpool import -N -R /a rpool',
  ],
  ['a legacy mount', 'mount_zfs(8)', argv.mountDataset('rpool/ROOT/be-1', '/a'), 'mount -F zfs rpool/ROOT/be-1 /a'],
  [
    'a layer',
    'tar(1): e E p @ /; machines.md "tar xzeEp@/f" without z, the stream is decompressed',
    argv.extractLayer(),
    '/usr/sbin/tar xeEp@/f -',
  ],
  ['device links', 'devfsadm(8): -r root_dir', argv.makeDeviceLinks('/a'), 'devfsadm -r /a'],
  [
    'the boot archive',
    'bootadm(8) update-archive: -f -R altroot',
    argv.updateBootArchive('/a'),
    'bootadm update-archive -f -R /a',
  ],
  [
    'the boot loader',
    'bootadm(8) install-bootloader: -M -f -P pool -R altroot',
    argv.installBootloader('rpool', '/a'),
    'bootadm install-bootloader -M -f -P rpool -R /a',
  ],
  [
    'what the loader starts',
    'zpool(8) property bootfs',
    argv.setBootfs('rpool', 'rpool/ROOT/be-1'),
    'zpool set bootfs=rpool/ROOT/be-1 rpool',
  ],
  ['activation for good', 'beadm(8) activate', argv.activateBootEnvironment('be-1', false), 'beadm activate be-1'],
  [
    'activation for one boot',
    'beadm(8) activate -t',
    argv.activateBootEnvironment('be-2', true),
    'beadm activate -t be-2',
  ],
  ['a restart through the firmware', 'reboot(8): -p', argv.reboot(), 'reboot -p'],
  [
    'a static address',
    'ipadm(8) create-addr -T static -a local=addr/prefix addrobj',
    addressArgv('net0', { name: 'primary', kind: 'static', address: '192.168.1.100/24' }),
    'ipadm create-addr -T static -a local=192.168.1.100/24 net0/primary',
  ],
  [
    'DHCP',
    'ipadm(8) create-addr -T dhcp',
    addressArgv('net0', { name: 'v4', kind: 'dhcp4', address: null }),
    'ipadm create-addr -T dhcp net0/v4',
  ],
  [
    'router advertisements',
    'ipadm(8) create-addr -T addrconf',
    addressArgv('net0', { name: 'v6', kind: 'addrconf', address: null }),
    'ipadm create-addr -T addrconf net0/v6',
  ],
]

describe('the commands of an illumos installation', () => {
  test.each(table)('%s (%s)', (_what, _source, made, expected) => {
    expect(made.join(' ')).toBe(expected)
  })

  test('a quick wipe covers both ends of a disk whatever its size', () => {
    const mebibyte = 1024 * 1024
    for (const bytes of [100 * mebibyte, 100 * mebibyte + 12345, 5 * mebibyte]) {
      const last = argv.eraseEnds('c5t0d0', bytes)[1] ?? []
      const from = Number(last.find((word) => word.startsWith('oseek='))?.slice('oseek='.length)) * mebibyte
      const count = Number(last.find((word) => word.startsWith('count='))?.slice('count='.length)) * mebibyte
      expect(from).toBeLessThanOrEqual(bytes - 4 * mebibyte)
      expect(from + count).toBeGreaterThanOrEqual(bytes)
    }
  })
})
