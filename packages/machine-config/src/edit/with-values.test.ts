import { expect, it } from 'vitest'
import { checkConfig, printConfig } from '../index.ts'
import { typedValue } from './typed-value.ts'
import { withValues, type ConfigValues } from './with-values.ts'

const template = `pool "rpool" {
    vdev "mirror" {
        disks "vda" "vdb"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "template"
    interface "net0" {
        address name="primary" kind="static" "192.0.2.1/24"
    }
}
`
const { config } = checkConfig(template)
if (!config) throw new Error('the template of this test cannot be read')
const put = (values: ConfigValues) => withValues(config, values)

it('puts values of every type where the pointers say, and leaves the template alone', () => {
  const before = structuredClone(config)
  const done = put({
    '/sysconfig/hostname': 'node-07',
    '/sysconfig/interfaces/0/addresses/0/address': '192.0.2.7/24',
    '/sysconfig/interfaces/0/vlan': 42,
    '/reboot': false,
    '/pools/0/vdevs/0/disks/1': 'vdc',
  })
  expect(done).toMatchObject({
    ok: true,
    value: {
      reboot: false,
      pools: [{ vdevs: [{ disks: ['vda', 'vdc'] }] }],
      sysconfig: { hostname: 'node-07', interfaces: [{ vlan: 42, addresses: [{ address: '192.0.2.7/24' }] }] },
    },
  })
  expect(config).toEqual(before)
})

it('keeps a value a value: what looks like a config stays a name', () => {
  const done = put({ '/sysconfig/hostname': '" } pool "x" { vdev' })
  expect(done.ok && checkConfig(printConfig(done.value)).config?.sysconfig.hostname).toBe('" } pool "x" { vdev')
})

it.each<[string, string | number | boolean, string]>([
  ['/sysconfig/host', 'x', 'edit-pointer-unknown'],
  ['/sysconfig', 'x', 'edit-pointer-unknown'],
  ['sysconfig/hostname', 'x', 'edit-pointer-unknown'],
  ['', 'x', 'edit-pointer-unknown'],
  ['/pools/1/name', 'x', 'edit-pointer-unknown'],
  ['/pools/length', 5, 'edit-pointer-unknown'],
  ['/__proto__/polluted', 'x', 'edit-pointer-unknown'],
  ['/sysconfig/hostname', 7, 'edit-value-illegal'],
  ['/reboot', 'no', 'edit-value-illegal'],
  ['/sysconfig/interfaces/0/vlan', '42', 'edit-value-illegal'],
])('refuses %s = %j with %s at that pointer', (pointer, value, code) => {
  expect(put({ [pointer]: value })).toMatchObject({ ok: false, error: [{ code, pointer }] })
})

it('tells of every wrong value at once', () => {
  expect(put({ '/a': 1, '/reboot': 'x', '/sysconfig/hostname': 'fine' })).toMatchObject({
    ok: false,
    error: [{ pointer: '/a' }, { pointer: '/reboot' }],
  })
})

it.each([
  ['/sysconfig/hostname', '042', '042'],
  ['/sysconfig/interfaces/0/vlan', '042', 42],
  ['/sysconfig/interfaces/0/vlan', 'none', 'none'],
  ['/reboot', 'false', false],
  ['/reboot', '#true', true],
  ['/sysconfig/timezone', 'true', 'true'],
  ['/nowhere', '1', '1'],
])('a cell at %s that reads %j is %j', (pointer, text, value) => {
  expect(typedValue(config, pointer, text)).toBe(value)
})
