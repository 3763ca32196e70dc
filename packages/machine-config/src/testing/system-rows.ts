import { around, type FindingRow } from './finding-row.ts'

const interfaceAt = '/sysconfig/interfaces/0'
const addressAt = `${interfaceAt}/addresses/0/address`
const gatewayAt = `${interfaceAt}/gateways/0`
const fixed = (address: string) => around.inInterface(`address name="a" kind="static" «"${address}"»`)
const gateway = (text: string, address = '192.168.1.100/24') =>
  around.inInterface(`address name="a" kind="static" "${address}"; gateway «"${text}"»`)
const hostname = (name: string): FindingRow => ({
  code: 'hostname-illegal',
  pointer: '/sysconfig/hostname',
  marked: around.sysconfig(`hostname «"${name}"»`),
})

/** Mistakes in names, users and network. */
export const systemRows: readonly FindingRow[] = [
  {
    code: 'boot-environment-name-illegal',
    pointer: '/boot_environment_name',
    marked: around.top('boot-environment-name «"a/b"»'),
  },
  hostname('machine_1'),
  hostname('-machine'),
  hostname('a..b'),
  hostname('192.168.1.1'),
  hostname('x'.repeat(64)),
  {
    code: 'search-domain-illegal',
    pointer: '/sysconfig/search/0',
    marked: around.inSysconfig('search «"exa mple.com"»'),
  },
  {
    code: 'timezone-unknown',
    pointer: '/sysconfig/timezone',
    marked: around.inSysconfig('timezone «"Europe/Zürich"»'),
  },
  {
    code: 'timezone-unknown',
    pointer: '/sysconfig/timezone',
    marked: around.inSysconfig('timezone «"../../etc/passwd"»'),
  },
  {
    code: 'timezone-unknown',
    pointer: '/sysconfig/timezone',
    marked: around.inSysconfig('timezone «"europe/zurich"»'),
  },
  { code: 'locale-illegal', pointer: '/sysconfig/locale', marked: around.inSysconfig('locale «"english"»') },
  {
    code: 'user-name-illegal',
    pointer: '/sysconfig/users/0/name',
    marked: around.inSysconfig('user «"Ada:0"» { password-hash "$6$abc$defghijk"; }'),
  },
  {
    code: 'user-twice',
    pointer: '/sysconfig/users/1/name',
    marked: around.inSysconfig(
      'user "a" { password-hash "$6$abc$defghijk"; }; user «"a"» { password-hash "$6$abc$defghijk"; }',
    ),
  },
  {
    code: 'ssh-key-illegal',
    pointer: '/sysconfig/users/0/ssh_keys/0',
    marked: around.inSysconfig('user "a" { ssh-key «"ssh-ed25519 AAAA a@b"»; }'),
  },
  {
    code: 'ssh-key-illegal',
    pointer: '/sysconfig/users/0/ssh_keys/0',
    marked: around.inSysconfig('user "a" { ssh-key «"-----BEGIN OPENSSH PRIVATE KEY-----"»; }'),
  },
  {
    code: 'password-hash-illegal',
    pointer: '/sysconfig/users/0/password_hash',
    marked: around.inSysconfig('user "a" { password-hash «"secret"»; }'),
  },
  {
    code: 'password-hash-illegal',
    pointer: '/sysconfig/users/0/password_hash',
    marked: around.inSysconfig('user "a" { password-hash «"$6$a$bcdefghi:0:0\\nroot::"»; }'),
  },
  {
    code: 'user-without-login',
    severity: 'warning',
    pointer: '/sysconfig/users/0',
    marked: around.inSysconfig('«user "a"»'),
  },
  { code: 'address-illegal', pointer: '/sysconfig/nameservers/0', marked: around.inSysconfig('nameserver «"8.8.8"»') },
  { code: 'address-illegal', pointer: addressAt, marked: fixed('192.168.1.300/24') },
  { code: 'address-illegal', pointer: addressAt, marked: fixed('2001:db8:::1/64') },
  { code: 'address-illegal', pointer: addressAt, marked: fixed('192.168.01.1/24') },
  { code: 'address-illegal', pointer: gatewayAt, marked: gateway('192.168.1.1/24') },
  { code: 'prefix-missing', pointer: addressAt, marked: fixed('192.168.1.100') },
  { code: 'prefix-illegal', pointer: addressAt, marked: fixed('192.168.1.100/33') },
  { code: 'prefix-illegal', pointer: addressAt, marked: fixed('2001:db8::1/0') },
  { code: 'address-is-network', pointer: addressAt, marked: fixed('192.168.1.0/24') },
  { code: 'address-is-network', pointer: addressAt, marked: fixed('2001:db8::/64') },
  { code: 'address-is-broadcast', pointer: addressAt, marked: fixed('192.168.1.255/24') },
  { code: 'address-is-broadcast', pointer: addressAt, marked: fixed('10.0.0.7/29') },
  { code: 'address-not-usable', pointer: addressAt, marked: fixed('127.0.0.1/8') },
  { code: 'address-not-usable', pointer: addressAt, marked: fixed('224.0.0.5/24') },
  { code: 'address-not-usable', pointer: addressAt, marked: fixed('0.0.0.1/8') },
  { code: 'address-not-usable', pointer: addressAt, marked: fixed('255.255.255.254/24') },
  { code: 'address-not-usable', pointer: addressAt, marked: fixed('ff02::1/64') },
  { code: 'address-not-usable', pointer: addressAt, marked: fixed('::ffff:1.2.3.4/96') },
  { code: 'address-not-usable', pointer: gatewayAt, marked: gateway('127.0.0.1') },
  {
    code: 'address-twice',
    pointer: '/sysconfig/nameservers/1',
    marked: around.inSysconfig('nameserver "::1"; nameserver «"0:0::1"»'),
  },
  {
    code: 'address-twice',
    pointer: `${interfaceAt}/addresses/1/address`,
    marked: around.inInterface(
      'address name="a" kind="static" "10.0.0.1/8"; address name="b" kind="static" «"10.0.0.1/24"»',
    ),
  },
  {
    code: 'address-name-illegal',
    pointer: `${interfaceAt}/addresses/0/name`,
    marked: around.inInterface('address name=«"a b"» kind="dhcp4"'),
  },
  {
    code: 'address-name-twice',
    pointer: `${interfaceAt}/addresses/1/name`,
    marked: around.inInterface('address name="a" kind="dhcp4"; address name=«"a"» kind="addrconf"'),
  },
  {
    code: 'address-kind-unknown',
    pointer: `${interfaceAt}/addresses/0/kind`,
    marked: around.inInterface('address name="a" kind=«"dhcp"»'),
  },
  {
    code: 'address-kind-twice',
    pointer: `${interfaceAt}/addresses/1/kind`,
    marked: around.inInterface('address name="a" kind="dhcp4"; address name="b" kind=«"dhcp4"»'),
  },
  {
    code: 'static-without-address',
    pointer: `${interfaceAt}/addresses/0`,
    marked: around.inInterface('«address name="a" kind="static"»'),
  },
  {
    code: 'address-not-taken',
    pointer: addressAt,
    marked: around.inInterface('address name="a" kind="dhcp4" «"10.0.0.1/8"»'),
  },
  { code: 'gateway-not-on-link', pointer: gatewayAt, marked: gateway('192.168.2.1') },
  { code: 'gateway-not-on-link', pointer: gatewayAt, marked: gateway('192.168.1.255') },
  { code: 'gateway-not-on-link', pointer: gatewayAt, marked: gateway('2001:db8::1') },
  { code: 'gateway-not-on-link', pointer: gatewayAt, marked: around.inInterface('gateway «"10.0.0.1"»') },
  { code: 'gateway-is-own-address', pointer: gatewayAt, marked: gateway('192.168.1.100') },
  { code: 'interface-name-illegal', pointer: `${interfaceAt}/name`, marked: around.inSysconfig('interface «"net/0"»') },
  {
    code: 'interface-name-twice',
    pointer: '/sysconfig/interfaces/1/name',
    marked: around.inSysconfig('interface "net0"; interface «"net0"»'),
  },
  {
    code: 'interface-twice',
    pointer: '/sysconfig/interfaces/1/selector',
    marked: around.inSysconfig(
      'interface "a" selector="mac:02:00:00:00:00:01"; interface "b" selector=«"mac:2:0:0:0:0:1"»',
    ),
  },
  {
    code: 'selector-illegal',
    pointer: `${interfaceAt}/selector`,
    marked: around.inSysconfig('interface "a" selector=«"mac:02:00:00"»'),
  },
  {
    code: 'selector-illegal',
    pointer: `${interfaceAt}/selector`,
    marked: around.inSysconfig('interface "a" selector=«"mac:01:00:5e:00:00:01"»'),
  },
]
