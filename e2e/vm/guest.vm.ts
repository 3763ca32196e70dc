import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labAddress, type VirtualMachine } from '@slipway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeAgent, placeBrokenAgent, readDigests } from './agent-artifacts.ts'
import { makeGuestDisk } from './guest-disk.ts'
import { makeStopwatch } from './journey.ts'
import { startLab, type Lab, type LabMachine } from './lab.ts'
import { askForRun, readOutput, runOnce, saveScript, waitForEnd, waitForExecution, waitForGuest } from './scripts.ts'

let lab: Lab
let artifacts: string
let machine: LabMachine
let running: VirtualMachine
const lap = makeStopwatch('guest')
const distribution = `${labAddress}:8081`

beforeAll(async () => {
  artifacts = await mkdtemp(join(tmpdir(), 'slipway-agent-'))
  await placeAgent(artifacts, '0.1.0')
  lap('agent built')
  lab = await startLab({
    name: 'guest',
    live: false,
    artifacts,
    settings: [`distribution.listen=["${distribution}"]`],
  })
  machine = await lab.addMachine('guestvm', 0)
})
afterAll(async () => {
  await lab?.stop()
  await rm(artifacts, { recursive: true, force: true })
})

const isConnected = ({ state }: { state: string }) => state === 'connected'
/** A line a start, so that a second start of anything shows. */
const mark = (name: string) => `echo started >> /var/lib/mark-${name}`
const countMarks = async (name: string) =>
  (await runOnce(lab, machine.id, `count ${name} ${Date.now()}`, `wc -l < /var/lib/mark-${name}`)).stdout.trim()

test('the agent comes from our routes into a guest under systemd, and runs its first-boot scripts in order', async () => {
  const { client } = lab.controlPlane
  await client.call('addMachine', { body: { kind: 'virtual', id: machine.id, name: 'guest-vm' } })
  const { shared_secret } = await client.call('setGuestSecret', { params: { id: machine.id } })
  const order: string[] = []
  for (const [index, name] of ['first', 'second', 'third'].entries()) {
    const script = await saveScript(lab, `first boot ${name}`, `${mark('first-boot')}; echo "${name} as $(id -un)"`)
    order.push(await askForRun(lab, script, machine.id, { execution_type: 'FIRST_BOOT', order: index }))
  }
  const { script, binary } = await readDigests(artifacts)
  const { disk, kernel } = await makeGuestDisk(lab.folder, {
    INFINISERVICE_URL: `http://${distribution}`,
    INFINISERVICE_SHA256: binary,
    INFINISERVICE_SHARED_SECRET: shared_secret,
    SCRIPT_SHA256: script,
    VM_ID: machine.id,
  })
  lap('disk of the guest')
  running = await machine.start({ live: false, disks: [disk], kernel })
  const guest = await waitForGuest(lab, machine.id, isConnected)
  lap('power on to the agent’s handshake')
  expect(guest).toMatchObject({
    signed: true,
    link: 'virtio-serial',
    protocol: 2,
    platform: 'linux',
    agent_version: '0.1.0',
  })
  const ends = []
  for (const id of order) ends.push(await waitForEnd(lab, id))
  expect(ends.map(({ status, exit_code, stdout }) => ({ status, exit_code, stdout }))).toEqual(
    ['first', 'second', 'third'].map((name) => ({ status: 'SUCCESS', exit_code: 0, stdout: `${name} as root\n` })),
  )
  const starts = ends.map(({ started_at }) => started_at ?? '')
  expect(starts.toSorted()).toEqual(starts)
  lap('first-boot scripts')
})

test('scripts run at once, at a time, and again and again', async () => {
  const at = await saveScript(lab, 'when', 'cat /proc/sys/kernel/random/boot_id')
  const due = new Date(Date.now() + 15_000)
  const later = await askForRun(lab, at, machine.id, { scheduled_for: due.toISOString() })
  const repeating = await askForRun(lab, at, machine.id, { repeat_interval_minutes: 1, max_executions: 2 })
  const now = await waitForEnd(lab, await askForRun(lab, at, machine.id))
  expect(now.status).toBe('SUCCESS')
  const scheduled = await waitForEnd(lab, later)
  const lateness = Date.parse(scheduled.started_at ?? '') - due.getTime()
  expect(lateness).toBeGreaterThanOrEqual(-1000)
  expect(lateness, 'milliseconds behind its time').toBeLessThan(10_000)
  const { schedule_id } = await waitForEnd(lab, repeating)
  const query = { schedule_id: schedule_id ?? '' }
  await expect
    .poll(
      async () =>
        (await lab.controlPlane.client.call('listScriptExecutions', { query })).items.map((one) => one.status),
      {
        timeout: 120_000,
        interval: 1000,
      },
    )
    .toEqual(['SUCCESS', 'SUCCESS'])
  lap('immediate, scheduled and repeating')
})

test('nothing is lost and nothing runs twice when instcomd, the agent or the guest dies', async () => {
  const long = await saveScript(lab, 'long', `${mark('instcomd')}; sleep 15; echo survived`)
  const first = await askForRun(lab, long, machine.id)
  await waitForExecution(lab, first, ['RUNNING'])
  await lab.controlPlane.kill()
  await lab.controlPlane.restart()
  expect(await waitForEnd(lab, first)).toMatchObject({ status: 'SUCCESS', stdout: 'survived\n' })
  expect(await countMarks('instcomd')).toBe('1')
  lap('instcomd killed')

  const suicide = await saveScript(
    lab,
    'kills the agent',
    `${mark('agent')}; systemctl kill --signal=KILL infiniservice`,
  )
  const second = await waitForEnd(lab, await askForRun(lab, suicide, machine.id))
  expect(second).toMatchObject({ status: 'FAILED', error: expect.stringContaining('interrupted') })
  expect(await countMarks('agent')).toBe('1')
  lap('agent killed')

  const before = await waitForGuest(lab, machine.id, isConnected)
  const endless = await saveScript(lab, 'endless', `${mark('reset')}; sync; echo begun; sleep 600`)
  const third = await askForRun(lab, endless, machine.id)
  await expect.poll(() => readOutput(lab, third), { timeout: 60_000 }).toBe('begun\n')
  await running.reset()
  const after = await waitForGuest(lab, machine.id, (guest) => isConnected(guest) && guest.boot_id !== before.boot_id)
  expect(after.boot_id).not.toBe(before.boot_id)
  expect(await waitForEnd(lab, third)).toMatchObject({
    status: 'FAILED',
    stdout: 'begun\n',
    error: expect.stringContaining('interrupted'),
  })
  expect(await countMarks('reset')).toBe('1')
  expect(await countMarks('first-boot'), 'first-boot scripts ran once').toBe('3')
  lap('guest reset')
})

test('the agent updates itself, and returns from an update that does not start', async () => {
  const { client } = lab.controlPlane
  const params = { id: machine.id }
  await placeAgent(artifacts, '0.2.0')
  expect((await client.call('updateGuestAgent', { params })).version).toBe('0.2.0')
  await waitForGuest(lab, machine.id, (guest) => isConnected(guest) && guest.agent_version === '0.2.0')
  expect((await runOnce(lab, machine.id, 'after the update', 'echo ok')).stdout).toBe('ok\n')
  lap('updated to 0.2.0')

  await placeBrokenAgent(artifacts, '0.3.0')
  const since = Date.now()
  expect((await client.call('updateGuestAgent', { params })).version).toBe('0.3.0')
  const back = await waitForGuest(
    lab,
    machine.id,
    (guest) => isConnected(guest) && Date.parse(guest.connected_since ?? '') > since,
  )
  expect(back.agent_version).toBe('0.2.0')
  expect((await runOnce(lab, machine.id, 'after the return', 'echo ok')).stdout).toBe('ok\n')
  lap('returned from 0.3.0')
  await running.kill()
})
