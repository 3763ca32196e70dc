import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeAgent } from './agent-artifacts.ts'
import { makeStopwatch, planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { nameServer, zfsConfig } from './machine-config.ts'
import { runOnce, waitForGuest } from './scripts.ts'

let lab: Lab
let artifacts: string
const lap = makeStopwatch('zfs')

beforeAll(async () => {
  artifacts = await mkdtemp(join(tmpdir(), 'slipway-agent-'))
  await placeAgent(artifacts, '0.1.0')
  lap('agent built')
  lab = await startLab({ name: 'zfs', artifacts })
  lap('lab with live ISO')
})
afterAll(async () => {
  await lab?.stop()
  await rm(artifacts, { recursive: true, force: true })
})

test('a ZFS mirror is installed over the API, boots from disk with its agent, and each half boots alone', async () => {
  const image = await lab.pushImage('zfs', ['facts'])
  lap('sample image')
  const machine = await lab.addMachine('zfsvm', 2)
  const first = await machine.start({ live: true })
  const inventory = await waitUntilDiscovered(lab, machine)
  lap('power on to discovered and enrolled')

  const wanted = { image: image.reference, hostname: 'zfs-vm', address: '10.77.0.20/24' }
  const id = await planAndInstall(lab, inventory.machine_id, zfsConfig(inventory, wanted))
  const mark = await first.serial.mark()
  await waitForState(lab, id, ['rebooting', 'confirming', 'completed'])
  lap('installation to the reboot')
  // One QEMU, the live medium still in the drive and first in the order: the machine itself must choose its disk.
  const facts = await readFacts(first, mark)
  lap('reboot to booted from disk')
  const done = await waitForState(lab, id, ['completed'], 120)
  lap('first-boot report')

  expect(facts.get('hostname')).toBe('zfs-vm')
  expect(facts.get('address')).toContain('10.77.0.20/24')
  expect(facts.get('dns')).toBe(nameServer)
  expect(facts.get('root')).toBe('rpool/ROOT/be-1 zfs')
  expect(facts.get('pool')).toBe('rpool ONLINE')
  expect(facts.get('pool_status'), 'no warning about the host id or anything else').toBe('')
  expect(facts.get('firmware')).toBe('uefi')
  expect(facts.get('command'), 'the serial console is carried').toContain('console=ttyS0,115200')
  expect(facts.get('failed_units')).toBe('')
  expect(done.progress).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
  const checked = await lab.controlPlane.client.call('checkImage', { body: { reference: image.reference } })
  expect(done.image.digest).toBe(checked.digest)

  // The agent came with the installation: nobody told the control plane about it.
  const guest = await waitForGuest(lab, machine.id, ({ state }) => state === 'connected')
  expect(guest).toMatchObject({ link: 'virtio-serial', protocol: 2, agent_version: '0.1.0' })
  const ran = await runOnce(lab, machine.id, 'who are you', 'uname -n; findmnt -n -o SOURCE /')
  expect(ran).toMatchObject({ status: 'SUCCESS', stdout: 'zfs-vm\nrpool/ROOT/be-1\n' })
  // While somebody holds it, that is what is shown.
  const params = { machine_id: machine.id }
  await lab.controlPlane.client.call('releaseClaim', { params, body: { force: true } })
  const managed = await lab.controlPlane.client.call('getMachine', { params })
  expect(managed).toMatchObject({ status: 'managed', hostname: 'zfs-vm' })
  lap('the agent appears, and a script runs')
  await first.kill()

  for (const disk of machine.disks) {
    const half = await machine.start({ live: false, disks: [disk] })
    const alone = await readFacts(half)
    expect(alone.get('hostname')).toBe('zfs-vm')
    expect(alone.get('pool')).toBe('rpool DEGRADED')
    expect(alone.get('disks')).toContain(disk.serial)
    await half.kill()
    lap(`${disk.serial} alone`)
  }
})
