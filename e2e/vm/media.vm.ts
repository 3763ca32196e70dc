import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStopwatch, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'

let lab: Lab
const lap = makeStopwatch('media')

// The kernel of real hardware, which the command line takes unless told otherwise: it sees the stick that it was started from.
beforeAll(async () => {
  lab = await startLab({ name: 'media', kernel: 'generic' })
  lap('lab with live medium')
})
afterAll(() => lab?.stop())

test('a USB stick boots under UEFI, and is known as the live medium, which no installation may touch', async () => {
  const machine = await lab.addMachine('stickvm', 1)
  const running = await machine.start({ live: 'usb' })
  const inventory = await waitUntilDiscovered(lab, machine)
  lap('USB stick: power on to discovered and enrolled')
  expect(inventory.firmware).toBe('uefi')
  expect(inventory.disks.map(({ transport, live_medium }) => ({ transport, live_medium }))).toEqual(
    expect.arrayContaining([
      { transport: 'virtio', live_medium: false },
      { transport: 'usb', live_medium: true },
    ]),
  )
  await running.kill()
})

test('iPXE runs boot.ipxe from where DHCP says, and the machine is discovered', async () => {
  await lab.openBootNetwork()
  const machine = await lab.addMachine('netvm', 1)
  const running = await machine.start({ live: 'network' })
  const inventory = await waitUntilDiscovered(lab, machine)
  lap('network: power on to discovered and enrolled')
  expect(inventory.firmware).toBe('uefi')
  expect(inventory.disks.map(({ live_medium }) => live_medium)).toEqual([false])
  await running.kill()
})
