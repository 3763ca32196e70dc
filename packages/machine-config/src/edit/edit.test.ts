import { describe, expect, it } from 'vitest'
import { checkConfig } from '../check-config.ts'
import { addDisk, addInterface } from './add.ts'
import { setValue } from './set-value.ts'

const text = `// top
pool "rpool" { vdev "mirror" { disks "a" /* first */ "b" } } // one line
pool "data" {
  vdev "raidz1" {
    disks "c" "d" // two
  }
  options { ashift 12; }
}
image "oci://a.example.com/b" // image
swap "4G"; reboot #false
sysconfig {
\thostname "m1" // host
\tnameserver "8.8.8.8"
\tinterface "net0" selector="mac:02:00:00:00:00:01" {
\t\taddress name="a" kind="static" "10.0.0.5/8"
\t}
\tinterface "net1"
}
`

/** The lines that an edit took away and the lines that it brought. */
function changeOf(edited: ReturnType<typeof setValue>): string {
  if (!edited.ok) return `! ${edited.error[0]?.code}`
  const [old, now] = [text.split('\n'), edited.value.split('\n')]
  const same = old.findIndex((line, index) => line !== now[index])
  const start = same < 0 ? old.length : same
  let tail = 0
  while (tail < old.length - start && tail < now.length - start && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const gone = old.slice(start, old.length - tail).map((line) => `-${line}`)
  const come = now.slice(start, now.length - tail).map((line) => `+${line}`)
  return [...gone, ...come].join('\n')
}

describe('setValue', () => {
  it.each([
    ['/sysconfig/hostname', 'm2', '-\thostname "m1" // host\n+\thostname "m2" // host'],
    ['/swap_bytes', 2 ** 30, '-swap "4G"; reboot #false\n+swap "1G"; reboot #false'],
    ['/swap_bytes', null, '-swap "4G"; reboot #false\n+reboot #false'],
    ['/reboot', null, '-swap "4G"; reboot #false\n+swap "4G"; '],
    ['/agent', false, '+agent #false'],
    ['/sysconfig/locale', 'C.UTF-8', '+\tlocale "C.UTF-8"'],
    ['/sysconfig/nameservers/0', null, '-\tnameserver "8.8.8.8"'],
    ['/sysconfig/nameservers/1', '9.9.9.9', '+\tnameserver "9.9.9.9"'],
    ['/sysconfig/nameservers/3', '9.9.9.9', '! edit-pointer-unknown'],
    [
      '/sysconfig/interfaces/0/selector',
      null,
      '-\tinterface "net0" selector="mac:02:00:00:00:00:01" {\n+\tinterface "net0" {',
    ],
    ['/sysconfig/interfaces/1/selector', 'driver:x', '-\tinterface "net1"\n+\tinterface "net1" selector="driver:x"'],
    ['/sysconfig/interfaces/1/vlan', 7, '-\tinterface "net1"\n+\tinterface "net1" {\n+\t    vlan id=7\n+\t}'],
    [
      '/sysconfig/interfaces/0/addresses/0/address',
      '10.0.0.6/8',
      '-\t\taddress name="a" kind="static" "10.0.0.5/8"\n+\t\taddress name="a" kind="static" "10.0.0.6/8"',
    ],
    [
      '/sysconfig/interfaces/0/addresses/0/address',
      null,
      '-\t\taddress name="a" kind="static" "10.0.0.5/8"\n+\t\taddress name="a" kind="static"',
    ],
    ['/pools/1/root', true, '-pool "data" {\n+pool "data" root=#true {'],
    ['/pools/1/options/atime', false, '-  options { ashift 12; }\n+  options { ashift 12; atime #false }'],
    ['/pools/1/options/ashift', 9, '-  options { ashift 12; }\n+  options { ashift 9; }'],
    ['/pools/1/vdevs/0/disks/0', 'x"y', '-    disks "c" "d" // two\n+    disks "x\\"y" "d" // two'],
    [
      '/pools/0/vdevs/0/disks/0',
      null,
      '-pool "rpool" { vdev "mirror" { disks "a" /* first */ "b" } } // one line\n+pool "rpool" { vdev "mirror" { disks /* first */ "b" } } // one line',
    ],
    ['/pools/7/name', 'x', '! edit-pointer-unknown'],
    ['/nonsense', 'x', '! edit-pointer-unknown'],
    ['/sysconfig/hostname', 5, '! edit-value-illegal'],
    ['/sysconfig/interfaces/0/mtu', 'wide', '! edit-value-illegal'],
  ])('%s = %j', (pointer, value, change) => {
    expect(changeOf(setValue(text, pointer, value))).toBe(change)
  })

  it('writes anew a value that could not be read', () => {
    const edited = setValue('sysconfig { hostname 5; }', '/sysconfig/hostname', 'm1')
    expect(edited).toEqual({ ok: true, value: 'sysconfig { hostname "m1"; }' })
  })

  it('gives the syntax findings of a text that does not parse', () => {
    expect(setValue('pool }', '/reboot', true)).toMatchObject({ ok: false, error: [{ code: 'syntax-error' }] })
  })
})

it('adds a disk', () => {
  expect(changeOf(addDisk(text, { pool: 1, vdev: 0, disk: 'e' }))).toBe(
    '-    disks "c" "d" // two\n+    disks "c" "d" "e" // two',
  )
  expect(changeOf(addDisk(text, { pool: 1, vdev: 1, disk: 'e' }))).toBe('! edit-pointer-unknown')
})

it('adds an interface', () => {
  const edited = addInterface(text, {
    name: 'net2',
    addresses: [{ name: 'a', kind: 'dhcp4', address: null }],
    mtu: 9000,
  })
  expect(changeOf(edited)).toBe('+\tinterface "net2" {\n+\t    address name="a" kind="dhcp4"\n+\t    mtu 9000\n+\t}')
  expect(edited.ok && checkConfig(edited.value).config?.sysconfig.interfaces.length).toBe(3)
  expect(changeOf(addInterface('reboot #true', { name: 'x' }))).toBe('! edit-pointer-unknown')
})
