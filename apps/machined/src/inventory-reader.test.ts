import type { Inventory } from '@slipway/protocol'
import { expect, test } from 'vitest'
import { InventoryReader } from './inventory-reader.ts'

const { signal } = new AbortController()

test('reads anew for whoever asks, and tells the last reading while an installation works', async () => {
  const hardware = makeHardware()
  let installing = false
  const reader = await InventoryReader.open(hardware, () => installing)
  expect((await reader.read(signal)).hostname).toBe('reading 2')
  installing = true
  expect((await reader.read(signal)).hostname).toBe('reading 2')
  installing = false
  expect((await reader.read(signal)).hostname).toBe('reading 3')
  expect(reader.last.hostname).toBe('reading 3')
})

test('an installation that waits for the disks begins after the reading under way, and no other starts', async () => {
  const hardware = makeHardware()
  let installing = false
  const reader = await InventoryReader.open(hardware, () => installing)
  const order: string[] = []
  const hold = Promise.withResolvers<void>()
  hardware.hold = hold.promise
  const first = reader.read(signal).then(() => order.push('read'))
  await expect.poll(() => hardware.readings).toBe(2)
  installing = true
  const second = reader.read(signal).then(() => order.push('told'))
  const settled = reader.settled().then(() => order.push('installs'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(order).toEqual([])
  hold.resolve()
  await Promise.all([first, second, settled])
  expect(order).toEqual(['read', 'told', 'installs'])
  expect(hardware.readings).toBe(2)
})

test('a reading that fails is its caller’s failure alone', async () => {
  const hardware = makeHardware()
  const reader = await InventoryReader.open(hardware, () => false)
  hardware.hold = Promise.reject(new Error('the disk hangs'))
  await expect(reader.read(signal)).rejects.toThrow('the disk hangs')
  hardware.hold = Promise.resolve()
  await reader.settled()
  expect((await reader.read(signal)).hostname).toBe('reading 3')
})

/** Hardware whose readings are numbered and can be held up. */
function makeHardware() {
  return {
    readings: 0,
    hold: Promise.resolve(),
    async readInventory() {
      this.readings += 1
      const number = this.readings
      await this.hold
      // Only what is compared here.
      return { hostname: `reading ${number}` } as Inventory
    },
  }
}
