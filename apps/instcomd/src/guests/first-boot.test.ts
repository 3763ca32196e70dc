import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Confirmation } from '../installations/confirmation.ts'
import { EventWriter } from '../installations/event-writer.ts'
import { RunLog } from '../installations/run-log.ts'
import { installationStore } from '../installations/store.ts'
import { FakeAgent } from '../testing/fake-agent.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { happyEvents, makeTestRun } from '../testing/test-installation.ts'
import { makeGuests } from './make-guests.ts'

const folder = await mkdtemp(join(tmpdir(), 'slipway-first-boot-'))
const context = await makeTestContext({ guests: { socket_dir: folder, allow_legacy: false } })
const log = new RunLog()
const writer = new EventWriter(context, log)
const guests = makeGuests(context, new Confirmation(context, log))
await guests.start()
afterAll(async () => {
  await guests.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A machine whose installation waits for its first boot, and the agent of its new system. */
async function reboot(name: string) {
  const run = await makeTestRun(context, name, { token: `token of ${name}` })
  run.pending.push(...happyEvents(run.plan))
  await writer.write(run)
  const { machineId } = run
  const agent = await FakeAgent.listen({ path: join(folder, `${machineId}.socket`), machineId })
  afterAll(() => agent.close())
  const state = async () => (await installationStore.read(context.database, run.installationId))?.state
  const status = async () =>
    (
      await context.database.query<{ status: string }>('SELECT status FROM machines WHERE machine_id = $1', [machineId])
    )[0]?.status
  return { agent, state, status, installation_id: run.installationId }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('a handshake with the installation’s token confirms it, and the machine is managed', async () => {
  const { agent, state, status, installation_id } = await reboot('agent')
  expect(await state()).toBe('confirming')
  await agent.shakeHands({ first_boot: { installation_id, token: 'token of agent' } })
  await until(async () => (await status()) === 'managed')
  expect(await state()).toBe('completed')
  const row = await installationStore.read(context.database, installation_id)
  expect(row?.confirmed).toBe(true)
})

test('a wrong token, or that of another machine’s installation, confirms nothing and costs no link', async () => {
  const [one, two] = [await reboot('guessed'), await reboot('other')]
  const session = await one.agent.shakeHands({ first_boot: { installation_id: one.installation_id, token: 'guess' } })
  expect(session).not.toBe('')
  await two.agent.shakeHands({
    first_boot: { installation_id: one.installation_id, token: 'token of guessed' },
  })
  two.agent.say({ type: 'keep_alive', sequence_number: 1 })
  await two.agent.until(() => two.agent.of('keep_alive_response').length === 1)
  expect([await one.state(), await two.state()]).toEqual(['confirming', 'confirming'])
})

test('with guests.allow_legacy off, an agent without handshake is told to send one', async () => {
  const { agent } = await reboot('legacy')
  await agent.until(() => agent.connected)
  agent.say({ type: 'keep_alive', sequence_number: 1 })
  await agent.until(() => agent.of('error').length === 1)
  expect(agent.of('error')[0]).toMatchObject({
    error: expect.stringContaining('guests.allow_legacy'),
    details: { code: 'handshake-required' },
  })
})
