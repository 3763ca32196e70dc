import { inventorySchema } from '@slipway/protocol'
import { describe, expect, it } from 'vitest'
import { parseSimulatedFault } from './faults.ts'
import { seedProfile } from './seed-profile.ts'

describe('a simulated machine’s hardware', () => {
  it('is a legal inventory, the same for its seed and another for another', () => {
    const input = { seed: 's', machineId: 'm', hostname: 'h', platform: 'linux' as const }
    expect(inventorySchema.parse(seedProfile(input))).toEqual(seedProfile(input))
    expect(seedProfile({ ...input, seed: 't' })).not.toEqual(seedProfile(input))
  })

  it('has 2 to 6 disks with serials of their own and interfaces with local MACs', () => {
    const counts = new Map<number, number>()
    const serials = new Set<string | null>()
    for (let index = 0; index < 200; index += 1) {
      const { disks, interfaces } = seedProfile({
        seed: 's',
        machineId: `m-${index}`,
        hostname: 'h',
        platform: 'linux',
      })
      counts.set(disks.length, (counts.get(disks.length) ?? 0) + 1)
      for (const disk of disks) serials.add(disk.serial)
      expect(interfaces.every(({ mac }) => mac.startsWith('02:'))).toBe(true)
      expect(disks[1]?.name).toBe('vdb')
    }
    expect([...counts.keys()].sort()).toEqual([2, 3, 4, 5, 6])
    expect(serials.size).toBe([...counts].reduce((sum, [disks, machines]) => sum + disks * machines, 0))
  })
})

describe('a fault on the command line', () => {
  it.each([
    ['slow', { kind: 'slow', factor: 1 }],
    ['slow=2.5', { kind: 'slow', factor: 2.5 }],
    ['drop=5000', { kind: 'drop', bytes: 5000 }],
    ['disk-fail=vdb', { kind: 'disk-fail', disk: 'vdb', at: null, after_bytes: 0 }],
    ['disk-fail=vdb@create-pool:rpool', { kind: 'disk-fail', disk: 'vdb', at: 'create-pool:rpool', after_bytes: 0 }],
    ['disk-fail=vdb+1000', { kind: 'disk-fail', disk: 'vdb', at: null, after_bytes: 1000 }],
    ['power-cut@9', { kind: 'power-cut', at: 9 }],
  ])('reads %s', (text, fault) => {
    expect(parseSimulatedFault(text)).toEqual(fault)
  })

  it.each(['', 'fire', 'power-cut', 'disk-fail', 'slow=0', 'slow=fast'])('refuses "%s" with the usage', (text) => {
    expect(() => parseSimulatedFault(text)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
