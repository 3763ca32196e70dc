import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStopwatch, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'

let lab: Lab
const lap = makeStopwatch('iso')

beforeAll(async () => {
  lab = await startLab({ name: 'iso' })
  lap('lab with live ISO')
})
afterAll(() => lab?.stop())

test('the live ISO boots under UEFI and the machine is discovered by multicast across the bridge', async () => {
  const machine = await lab.addMachine('isovm', 1)
  const running = await machine.start({ live: true })
  const inventory = await waitUntilDiscovered(lab, machine)
  lap('power on to discovered and enrolled')

  const { client } = lab.controlPlane
  const { items } = await client.call('listMachines', { query: {} })
  expect(items).toHaveLength(1)
  expect(items[0]).toMatchObject({ machine_id: inventory.machine_id, status: 'available', port: 8443 })
  expect(items[0]?.address).toMatch(/^10\.77\.0\.\d+$/)
  expect(items[0]?.capabilities).toContain('zfs')
  expect(inventory.firmware).toBe('uefi')
  expect(inventory.disks.find(({ serial }) => serial === 'ISOVM0001')).toMatchObject({
    bytes: 4 * 1024 ** 3,
    live_medium: false,
  })
  // The console tells a person in front of it what this machine is and where it listens.
  await running.serial.waitFor(/Slipway live environment on/, { seconds: 30 })
  await running.serial.waitFor(new RegExp(`machine +${inventory.machine_id}`), { seconds: 30 })
  await running.kill()
})
