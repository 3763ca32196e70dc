import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeStopwatch, planAndInstall, readFacts, waitForState, waitUntilDiscovered } from './journey.ts'
import { startLab, type Lab } from './lab.ts'
import { existingPoolConfig, zfsConfig } from './machine-config.ts'

let lab: Lab
const lap = makeStopwatch('fallback')

beforeAll(async () => {
  // The new system never reports: the control plane waits this long for it. A boot to its report takes 45 s here.
  lab = await startLab({ name: 'fallback', settings: ['installation.commit_timeout=3m'] })
  lap('lab with live ISO')
})
afterAll(() => lab?.stop())

test('a new boot environment whose init fails gives way to the old one by itself', async () => {
  const good = await lab.pushImage('good', ['facts'])
  const broken = await lab.pushImage('broken', ['facts', 'broken-init'])
  const machine = await lab.addMachine('fallvm', 1)
  const first = await machine.start({ live: true })
  const inventory = await waitUntilDiscovered(lab, machine)
  const wanted = { image: good.reference, hostname: 'old-system', address: '10.77.0.22/24' }
  const id = await planAndInstall(lab, inventory.machine_id, zfsConfig(inventory, wanted))
  await waitForState(lab, id, ['completed'])
  // The claim outlives its installation by its own time; the second one claims anew.
  await lab.controlPlane.client.call('releaseClaim', {
    params: { machine_id: inventory.machine_id },
    body: { force: true },
  })
  const before = await readFacts(first)
  await first.kill()
  lap('first boot environment installed and confirmed')

  const second = await machine.start({ live: true })
  const again = await waitUntilDiscovered(lab, machine)
  const next = { image: broken.reference, hostname: 'new-system', address: '10.77.0.22/24' }
  const nextId = await planAndInstall(lab, again.machine_id, existingPoolConfig(again, next))
  const mark = await second.serial.mark()
  await waitForState(lab, nextId, ['rebooting', 'confirming'])
  lap('second boot environment installed')
  // Once the firmware took its one-time choice, the medium leaves the drive, as it does when an operator is done.
  await second.serial.waitFor(/BdsDxe: starting Boot.*HD\(/, { seconds: 60, from: mark })
  await second.ejectCd()
  await second.serial.waitFor(/SLIPWAY-FACT init=fails/, { seconds: 300, from: mark })
  const failedAt = await second.serial.mark()
  lap('new boot environment tried')

  const after = await readFacts(second, failedAt)
  lap('back in the old boot environment')
  expect(after.get('hostname')).toBe('old-system')
  expect(after.get('root')).toBe(before.get('root'))
  expect(after.get('pool')).toBe('rpool ONLINE')
  const ended = await waitForState(lab, nextId, ['rolled-back'], 400)
  expect(ended.progress.confirmed).toBe(false)
  lap('reported as rolled back')
  await second.kill()
})
