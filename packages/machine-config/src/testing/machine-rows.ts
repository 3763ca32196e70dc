import type { CheckOptions } from '../options.ts'
import { around } from './finding-row.ts'
import { makeCard } from './inventory.ts'
import type { MachineRow } from './machine-row.ts'

const addressAt = '/sysconfig/interfaces/0/addresses/0/address'
const system = 'pool "rpool" { vdev "stripe" { disks "a"; }; }\nimage "oci://registry.example.com/base:1"\n'
const inInterface = (name: string, text: string) =>
  `${system}sysconfig {\n    hostname "m1"\n    interface ${name} {\n        ${text}\n    }\n}\n`
const fixed = inInterface('"eno1"', 'address name="a" kind="static" «"10.0.0.5/8"»')
const here = `${system.replace('"oci', '«"oci').replace(':1"', ':1"»')}sysconfig { hostname "m1"; }\n`
const rpool = { name: 'rpool', guid: null, imported: false, health: null, bytes: null, disks: ['d'] }
const image = (facts: NonNullable<CheckOptions['image']>) => ({ options: { image: facts } })

export const machineRows: readonly MachineRow[] = [
  ...['log', 'special', 'dedup'].map((kind) => ({
    code: 'root-pool-layout' as const,
    pointer: '/pools/0/vdevs/1/kind',
    marked: around.vdev(`vdev "stripe" { disks "a"; }; vdev «"${kind}"» { disks "b"; }`),
    machine: { platform: 'illumos' as const },
    cure: 'second pool',
  })),
  {
    code: 'root-pool-layout',
    pointer: '/pools/0',
    marked: around.pools('«pool "rpool"» { vdev "mirror" { disks "a" "b"; }; vdev "mirror" { disks "c" "d"; }; }'),
    machine: { platform: 'illumos' },
  },
  {
    code: 'root-pool-layout',
    pointer: '/pools/0',
    marked: around.pools('«pool "rpool"» { vdev "stripe" { disks "a" "b"; }; }'),
    machine: { platform: 'illumos' },
  },
  {
    code: 'existing-pool-not-found',
    pointer: '/pools/0/name',
    marked: around.pools('pool «"tank"» existing=#true'),
    machine: { pools: [{ ...rpool, boot_environments: [] }] },
    cure: 'rpool',
  },
  {
    code: 'boot-environment-exists',
    pointer: '/boot_environment_name',
    marked: around.pools('pool "rpool" existing=#true\nboot-environment-name «"be-1"»'),
    machine: { pools: [{ ...rpool, boot_environments: [{ name: 'be-1', active: true, mountpoint: null }] }] },
    cure: 'be-1',
  },
  {
    code: 'pool-name-in-use',
    severity: 'warning',
    pointer: '/pools/0/name',
    marked: around.pools('pool «"rpool"» { vdev "stripe" { disks "a"; }; }'),
    machine: { pools: [{ ...rpool, boot_environments: [] }] },
  },
  {
    code: 'zfs-not-available',
    pointer: '/pools/0',
    marked: around.pools('«pool "rpool"» { vdev "stripe" { disks "a"; }; }'),
    machine: { capabilities: ['ext4'] },
  },
  {
    code: 'filesystem-not-on-platform',
    pointer: '/filesystem/kind',
    marked: around.pools('filesystem «"ext4"» { disks "a"; }'),
    machine: { platform: 'illumos' },
  },
  {
    code: 'option-not-on-platform',
    pointer: '/pools/0/options/acltype',
    marked: around.options('«acltype» "posix"'),
    machine: { platform: 'illumos' },
  },
  {
    code: 'dump-not-on-platform',
    severity: 'warning',
    pointer: '/dump_bytes',
    marked: `dump «"2G"»\n${system}sysconfig { hostname "m1"; }`,
    machine: {},
  },
  {
    code: 'hostname-too-long',
    pointer: '/sysconfig/hostname',
    marked: `${system}sysconfig { hostname «"${'a'.repeat(40)}.${'b'.repeat(24)}"»; }`,
    machine: {},
  },
  {
    code: 'interface-not-found',
    pointer: '/sysconfig/interfaces/0/name',
    marked: inInterface('«"lan"»', ''),
    machine: {},
    cure: 'selector="mac:02:00:00:00:00:00" (eno1, link up)',
  },
  {
    code: 'interface-not-found',
    pointer: '/sysconfig/interfaces/0/name',
    marked: inInterface('«"net2"»', ''),
    machine: {},
  },
  {
    code: 'interface-not-found',
    pointer: '/sysconfig/interfaces/0/selector',
    marked: inInterface('"a" selector=«"mac:02:00:00:00:00:09"»', ''),
    machine: {},
  },
  {
    code: 'interface-ambiguous',
    pointer: '/sysconfig/interfaces/0/selector',
    marked: inInterface('"a" selector=«"driver:ixgbe"»', ''),
    machine: {},
    cure: 'mac:02:00:00:00:00:01',
  },
  {
    code: 'interface-by-position',
    severity: 'info',
    pointer: '/sysconfig/interfaces/0/name',
    marked: inInterface('«"net1"»', ''),
    machine: {},
    cure: 'mac:02:00:00:00:00:01',
  },
  {
    code: 'interface-link-down',
    severity: 'warning',
    pointer: '/sysconfig/interfaces/0/name',
    marked: inInterface('«"eno1"»', ''),
    machine: { interfaces: [makeCard(0, { link: 'down' })] },
  },
  {
    code: 'interface-twice',
    pointer: '/sysconfig/interfaces/1/name',
    marked: `${system}sysconfig { hostname "m1"; interface "eno1"; interface «"x"» selector="mac:02:00:00:00:00:00"; }`,
    machine: {},
  },
  {
    code: 'firmware-not-supported',
    pointer: '/image',
    marked: here,
    machine: { firmware: 'bios' },
    ...image({ boot: ['uefi'] }),
  },
  {
    code: 'secure-boot-on',
    pointer: '/image',
    marked: here,
    machine: { secure_boot: true },
    ...image({ boot: ['uefi', 'bios'] }),
  },
  { code: 'secure-boot-on', severity: 'warning', pointer: '/image', marked: here, machine: { secure_boot: true } },
  {
    code: 'platform-not-supported',
    pointer: '/image',
    marked: here,
    machine: {},
    ...image({ platforms: [{ os: 'linux', architecture: 'arm64' }] }),
  },
  {
    code: 'platform-not-supported',
    pointer: '/image',
    marked: here,
    machine: { platform: 'illumos' },
    ...image({ platforms: [{ os: 'linux', architecture: 'amd64' }] }),
  },
  {
    code: 'address-in-use',
    pointer: addressAt,
    marked: fixed,
    machine: {},
    options: { taken: [{ address: '10.0.0.5', mac: '0a:00:00:00:00:01', proxy_arp: false, interface: 'eno1' }] },
  },
  {
    code: 'address-proxy-arp',
    severity: 'warning',
    pointer: addressAt,
    marked: fixed,
    machine: {},
    options: { taken: [{ address: '10.0.0.5', mac: '0a:00:00:00:00:01', proxy_arp: true, interface: 'eno1' }] },
  },
  { code: 'address-not-probed', severity: 'info', pointer: addressAt, marked: fixed, machine: {} },
  {
    code: 'address-not-probed',
    severity: 'info',
    pointer: addressAt,
    marked: inInterface('"eno1"', 'address name="a" kind="static" «"2001:db8::5/64"»'),
    machine: {},
    options: { taken: [] },
  },
  {
    code: 'address-not-probed',
    severity: 'info',
    pointer: addressAt,
    marked: inInterface('"eno1"', 'address name="a" kind="static" «"10.0.0.5/8"»; vlan id=3'),
    machine: {},
    options: { taken: [] },
  },
  {
    code: 'address-not-probed',
    severity: 'info',
    pointer: addressAt,
    marked: fixed,
    machine: {},
    options: { taken: [], notProbed: [{ address: '10.0.0.5', reason: 'the switch is mute' }] },
  },
]
