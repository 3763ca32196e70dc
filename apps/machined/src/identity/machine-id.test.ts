import { describe, expect, it } from 'vitest'
import { smallInventory } from '../testing/small-host.ts'
import { machineIdOf } from './machine-id.ts'

const nic = (mac: string, onboard: boolean) => ({ ...smallInventory().interfaces[0]!, mac, onboard }) // it has one

function machine(uuid: string | null, interfaces = [nic('02:00:00:00:00:02', true), nic('02:00:00:00:00:01', true)]) {
  const smbios = { uuid, manufacturer: null, product: null, serial: null }
  return { machine_id: 'host-says', simulated: false, smbios, interfaces }
}

describe('the id of a machine', () => {
  it('is its SMBIOS UUID, in lower case', () => {
    expect(machineIdOf(machine('4C4C4544-0051-3510-8052-B4C04F4E4432'))).toBe('4c4c4544-0051-3510-8052-b4c04f4e4432')
  })

  it.each([
    null,
    '',
    'Not Settable',
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '03000200-0400-0500-0006-000700080009',
  ])('is made of its MACs where the UUID is no name: %s', (uuid) => {
    expect(machineIdOf(machine(uuid))).toMatch(/^mac-[0-9a-f]{32}$/)
  })

  it('does not change with the order of the cards or with a card plugged in', () => {
    const cards = [nic('02:00:00:00:00:01', true), nic('02:00:00:00:00:02', true)]
    const id = machineIdOf(machine(null, cards))
    expect(machineIdOf(machine(null, cards.toReversed()))).toBe(id)
    expect(machineIdOf(machine(null, [...cards, nic('02:00:00:00:00:99', false)]))).toBe(id)
    expect(machineIdOf(machine(null, cards.slice(1)))).not.toBe(id)
  })

  it('is what a simulated machine says', () => {
    expect(machineIdOf({ ...machine('4c4c4544-0051-3510-8052-b4c04f4e4432'), simulated: true })).toBe('host-says')
  })
})
