import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStopwatch, planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { ext4Config, nameServer } from './machine-config.ts'

let lab: Lab
const lap = makeStopwatch('ext4')

beforeAll(async () => {
  lab = await startLab({ name: 'ext4' })
  lap('lab with live ISO')
})
afterAll(() => lab?.stop())

test('an ext4 system is installed over the API and boots from its disk, also without the live medium', async () => {
  const image = await lab.pushImage('ext4', ['facts'])
  const machine = await lab.addMachine('extvm', 1)
  const first = await machine.start({ live: true })
  const inventory = await waitUntilDiscovered(lab, machine)
  lap('power on to discovered and enrolled')

  const wanted = { image: image.reference, hostname: 'ext4-vm', address: '10.77.0.21/24' }
  const id = await planAndInstall(lab, inventory.machine_id, ext4Config(inventory, wanted))
  const mark = await first.serial.mark()
  await waitForState(lab, id, ['rebooting', 'confirming', 'completed'])
  lap('installation to the reboot')
  const facts = await readFacts(first, mark)
  lap('reboot to booted from disk')
  const done = await waitForState(lab, id, ['completed'], 120)

  expect(facts.get('hostname')).toBe('ext4-vm')
  expect(facts.get('address')).toContain('10.77.0.21/24')
  expect(facts.get('dns')).toBe(nameServer)
  expect(facts.get('root')).toMatch(/^\/dev\/vda\d+ ext4$/)
  expect(facts.get('firmware')).toBe('uefi')
  expect(facts.get('command'), 'the serial console is carried').toContain('console=ttyS0,115200')
  expect(facts.get('failed_units')).toBe('')
  expect(facts.get('command'), 'never root=/dev/…').toMatch(/root=(PART)?UUID=/)
  expect(done.progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
  // The agent's handshake may have confirmed it first; the first-boot report tells the addresses.
  const params = { machine_id: machine.id }
  const shown = async () => (await lab.controlPlane.client.call('getMachine', { params })).system_addresses
  await expect.poll(shown, { timeout: 60_000 }).toEqual(['10.77.0.21'])
  await first.kill()

  const again = await machine.start({ live: false })
  expect((await readFacts(again)).get('hostname')).toBe('ext4-vm')
  await again.kill()
  lap('booted again without the live medium')
})
