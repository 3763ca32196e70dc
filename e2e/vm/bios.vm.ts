import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStopwatch, planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { zfsConfig } from './machine-config.ts'

let lab: Lab
const lap = makeStopwatch('bios')

beforeAll(async () => {
  lab = await startLab({ name: 'bios' })
  lap('lab with live medium')
})
afterAll(() => lab?.stop())

test('a machine with a BIOS starts from a USB stick, is installed, and boots from its disk through GRUB', async () => {
  const image = await lab.pushImage('bios', ['facts'])
  const machine = await lab.addMachine('biosvm', 1, 'bios')
  const first = await machine.start({ live: 'usb' })
  const inventory = await waitUntilDiscovered(lab, machine)
  lap('power on to discovered and enrolled')
  expect(inventory.firmware).toBe('bios')

  // ZFS, which GRUB cannot read as it is made here: kernel and initial ramdisk lie on a /boot of their own.
  const wanted = { image: image.reference, hostname: 'bios-vm', address: '10.77.0.24/24' }
  const id = await planAndInstall(lab, inventory.machine_id, zfsConfig(inventory, wanted))
  await waitForState(lab, id, ['rebooting', 'confirming'])
  lap('installation to the reboot')
  // A BIOS has no variable that says what to start next: with its medium it would be back in the live environment. The
  // operator ends that, here by switching the machine on without it.
  await first.kill()
  const second = await machine.start({ live: false })
  const facts = await readFacts(second)
  lap('power on to booted from disk')
  const done = await waitForState(lab, id, ['completed'], 120)
  expect(facts.get('firmware')).toBe('bios')
  expect(facts.get('hostname')).toBe('bios-vm')
  expect(facts.get('address')).toContain('10.77.0.24/24')
  expect(facts.get('root')).toBe('rpool/ROOT/be-1 zfs')
  expect(facts.get('command'), 'never root=/dev/…').toContain('root=ZFS=rpool/ROOT/be-1')
  expect(facts.get('failed_units')).toBe('')
  expect(done.progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
  await second.kill()
})
