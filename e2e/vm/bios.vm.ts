import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStopwatch, planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { ext4Config, zfsConfig } from './machine-config.ts'

let lab: Lab
const lap = makeStopwatch('bios')

beforeAll(async () => {
  lab = await startLab({ name: 'bios' })
  await lab.openBootNetwork()
  lap('lab with boot network')
})
afterAll(() => lab?.stop())

const layouts = [
  {
    name: 'ext4',
    live: 'usb',
    medium: 'a USB stick',
    config: ext4Config,
    root: /^\/dev\/vda\d+ ext4$/,
    command: /root=(PART)?UUID=/,
  },
  {
    name: 'zfs',
    live: 'network',
    medium: 'the network',
    config: zfsConfig,
    root: /^rpool\/ROOT\/be-1 zfs$/,
    command: /root=ZFS=rpool\/ROOT\/be-1/,
  },
] as const

test.each(layouts)(
  'a machine with a BIOS starts from $medium, is installed on $name, and boots from its disk through GRUB',
  async ({ name, live, config, root, command }) => {
    const image = await lab.pushImage(name, ['facts'])
    const machine = await lab.addMachine(`b${name}`, 1, 'bios')
    const first = await machine.start({ live })
    const inventory = await waitUntilDiscovered(lab, machine)
    lap(`${name}: power on to discovered and enrolled`)
    expect(inventory.firmware).toBe('bios')

    const wanted = { image: image.reference, hostname: `bios-${name}`, address: '10.77.0.24/24' }
    const id = await planAndInstall(lab, inventory.machine_id, config(inventory, wanted))
    await waitForState(lab, id, ['rebooting', 'confirming'])
    lap(`${name}: installation to the reboot`)
    // A BIOS has no variable that says what to start next: with its medium it would be back in the live environment. The
    // operator ends that, here by switching the machine on without it.
    await first.kill()
    const second = await machine.start({ live: false })
    const facts = await readFacts(second)
    lap(`${name}: power on to booted from disk`)
    const done = await waitForState(lab, id, ['completed'], 120)
    expect(facts.get('firmware')).toBe('bios')
    expect(facts.get('hostname')).toBe(`bios-${name}`)
    expect(facts.get('address')).toContain('10.77.0.24/24')
    expect(facts.get('root')).toMatch(root)
    expect(facts.get('command'), 'never root=/dev/…').toMatch(command)
    expect(facts.get('failed_units')).toBe('')
    expect(done.progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
    await second.kill()
  },
)
