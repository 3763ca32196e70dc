import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkConfig } from '@slipway/machine-config'
import { afterAll, expect, it } from 'vitest'
import { readValuesFile } from './read-values-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-values-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { config } = checkConfig(`pool "rpool" {
    vdev "stripe" {
        disks "vda"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "template"
    interface "net0" {
        vlan id=1
    }
}
`)

const read = (name: string, text: string) => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return readValuesFile(file, config)
}

it('reads CSV as spreadsheets write it, each cell by the type of its place', () => {
  const text =
    '\uFEFFmachine,/sysconfig/hostname,/sysconfig/interfaces/0/vlan\r\n# the first rack\r\nm-1,"web,1",42\r\n\r\nm-2,007,\r\n'
  expect(read('values.csv', text)).toEqual([
    { machine: 'm-1', values: { '/sysconfig/hostname': 'web,1', '/sysconfig/interfaces/0/vlan': 42 } },
    { machine: 'm-2', values: { '/sysconfig/hostname': '007' } },
  ])
})

it('reads JSON as it stands', () => {
  expect(read('values.JSON', '[{"machine": "m-1", "values": {"/reboot": false}}]')).toEqual([
    { machine: 'm-1', values: { '/reboot': false } },
  ])
})

it.each([
  ['host.csv', 'host,/sysconfig/hostname\nm-1,a\n', 'the first column is "host"; name it machine'],
  ['none.csv', 'machine,/sysconfig/hostname\n', 'names no machine'],
  ['empty.csv', '', 'the first column is ""'],
  ['ragged.csv', 'machine,/sysconfig/hostname\nm-1,a,b\n', 'Invalid Record Length'],
  ['quote.csv', 'machine,/sysconfig/hostname\nm-1,"a\n', 'Quote Not Closed'],
  ['text.json', 'machine', 'cannot use'],
  ['shape.json', '[{"machine": "m-1", "values": {"/reboot": [1]}}]', 'values'],
  ['more.json', '[{"machine": "m-1", "value": {}}]', 'Unrecognized key'],
])('refuses %s and says why', (name, text, why) => {
  expect(() => read(name, text)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(why) }),
  )
})

it('refuses a file that is not there', () => {
  expect(() => readValuesFile(join(folder, 'nowhere.csv'), null)).toThrow(/nowhere\.csv/u)
})
