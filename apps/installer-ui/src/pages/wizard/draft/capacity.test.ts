import type { VdevConfig } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { poolCapacity } from './capacity.ts'

const sizes: Record<string, number> = { a: 100, b: 110, c: 100, d: 100, l: 10 }

it.each<[VdevConfig[], number | null, number]>([
  [[{ kind: 'mirror', disks: ['a', 'b'] }], 100, 1],
  [[{ kind: 'mirror', disks: ['a', 'b', 'c'] }], 100, 2],
  [[{ kind: 'raidz1', disks: ['a', 'b', 'c'] }], 200, 1],
  [[{ kind: 'raidz2', disks: ['a', 'b', 'c', 'd'] }], 200, 2],
  [[{ kind: 'stripe', disks: ['a', 'b'] }], 210, 0],
  [
    [
      { kind: 'mirror', disks: ['a', 'b'] },
      { kind: 'log', disks: ['l'] },
    ],
    100,
    1,
  ],
  [
    [
      { kind: 'mirror', disks: ['a', 'b'] },
      { kind: 'stripe', disks: ['c'] },
    ],
    200,
    0,
  ],
  [[{ kind: 'mirror', disks: ['a', 'unknown'] }], null, 1],
  [[], 0, 0],
])('%j holds %s and survives %s', (vdevs, usable, survives) => {
  expect(poolCapacity({ vdevs }, (disk) => sizes[disk])).toMatchObject({ usable, survives })
})
