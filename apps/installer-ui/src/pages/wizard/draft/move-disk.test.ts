import { checkConfig } from '@slipway/machine-config'
import { expect, it } from 'vitest'
import { moveDisk, placeOf, type DiskTarget } from './move-disk.ts'

const text = `pool "rpool" {
    // the two in front
    vdev "mirror" {
        disks "vda" "vdb"
    }
    vdev "log" {
        disks "vdc"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "db-01"
}
`
const { config } = checkConfig(text)

function move(disk: string, to: DiskTarget): string {
  if (!config) throw new Error('the config of this test cannot be read')
  const edited = moveDisk(config, { disk, from: placeOf(config, (written) => written === disk), to })(text)
  return edited.ok ? edited.value : edited.error.map(({ message }) => message).join()
}

it.each<[string, string, DiskTarget, (text: string) => string]>([
  ['from the shelf into a vdev', 'vdd', { kind: 'vdev', pool: 0, vdev: 0 }, (t) => t.replace('"vdb"', '"vdb" "vdd"')],
  ['back to the shelf', 'vdb', { kind: 'shelf' }, (t) => t.replace(' "vdb"', '')],
  [
    'the last of a vdev into another',
    'vdc',
    { kind: 'vdev', pool: 0, vdev: 0 },
    (t) => t.replace('"vdb"', '"vdb" "vdc"').replace('    vdev "log" {\n        disks "vdc"\n    }\n', ''),
  ],
  [
    'into a vdev of its own',
    'vdd',
    { kind: 'new-vdev', pool: 0, vdevKind: 'spare' },
    (t) => t.replace('"vdc"\n    }\n', '"vdc"\n    }\n    vdev "spare" {\n        disks "vdd"\n    }\n'),
  ],
  ['to where it is', 'vda', { kind: 'vdev', pool: 0, vdev: 0 }, (t) => t],
  ['from the shelf to the shelf', 'vdd', { kind: 'shelf' }, (t) => t],
])('%s', (_, disk, to, expected) => {
  expect(move(disk, to)).toBe(expected(text))
})
