import { describe, expect, it } from 'vitest'
import { makeTestContext } from '../testing/make-test-context.ts'
import { claimStore } from './claim-store.ts'
import { FakeAgent, type Behaviour } from './testing/fake-links.ts'
import { accepts, linkAgent, silent, starts, storedOutput } from './testing/guest-behaviours.ts'
import {
  addMachine,
  addScript,
  run,
  runOn,
  startScriptStand,
  untilStatus,
  type ScriptStand,
} from './testing/script-stand.ts'

const context = await makeTestContext()
const stand = await startScriptStand(context)
const linked = (machineId: string, behaviour: Behaviour, options: { protocol?: 1 | 2 } = {}, on = stand) =>
  linkAgent(on, machineId, behaviour, options)
const output = (id: string) => storedOutput(context, id)

/** Lets the lease of what was sent end, as 15 s would. */
function expireLeases(machineId: string) {
  return context.database.query(
    "UPDATE script_executions SET send_after = clock_timestamp() - interval '1 ms' WHERE machineId = $1",
    [machineId],
  )
}

const got = (agent: FakeAgent) => expect.poll(() => agent.scripts.length, { timeout: 10_000, interval: 5 })

describe('sending', () => {
  it('sends again what is not accepted in time, with the same id and attempt, and never what is', async () => {
    const agent = await linked('resend', silent)
    const id = await runOn(stand, await addScript(stand), 'resend')
    await got(agent).toBe(1)
    await expireLeases('resend')
    stand.runner.push(['resend'])
    await got(agent).toBe(2)
    expect(agent.scripts.map(({ execution_id, attempt }) => [execution_id, attempt])).toEqual([
      [id, 1],
      [id, 1],
    ])
    const [script] = agent.scripts
    if (!script) throw new Error('just counted')
    await agent.accept(script)
    await expect.poll(() => accepted(id)).toBe(true)
    stand.runner.push(['resend'])
    await agent.ask()
    await expect.poll(() => agent.got('pending_scripts_response').length).toBe(3)
    expect(agent.scripts).toHaveLength(2)
    await agent.complete(script)
    await untilStatus(stand, id, 'SUCCESS')
  })

  it('gives a script once to one of two instances that push at once', async () => {
    const other = await startScriptStand(context, 'second-instance')
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => addMachine(context, `both-${index}`)))
    const rows = await run(stand, await addScript(stand), ids)
    const agents = ids.map((id) => new FakeAgent(id, { behaviour: silent }))
    const twins = ids.map((id) => new FakeAgent(id, { behaviour: silent }))
    await Promise.all([
      ...agents.map((agent) => stand.links.link(agent)),
      ...twins.map((agent) => other.links.link(agent)),
    ])
    await expect
      .poll(() => [...agents, ...twins].flatMap(({ scripts }) => scripts).length, { timeout: 10_000 })
      .toBe(10)
    for (let turn = 0; turn < 5; turn += 1) {
      stand.runner.push(ids)
      other.runner.push(ids)
    }
    await claimEnd(stand, other)
    const sent = [...agents, ...twins].flatMap(({ scripts }) => scripts.map(({ execution_id }) => execution_id))
    expect(sent.sort()).toEqual(rows.map(({ id }) => id).sort())
  })

  it('sends again after the service was killed between send and accept', async () => {
    const before = await startScriptStand(context, 'killed-instance')
    const agent = await linked('killed', silent, {}, before)
    const id = await runOn(before, await addScript(stand), 'killed')
    await got(agent).toBe(1)
    before.links.unlink(agent)
    // The agent's next link is another instance's; it waits for the lease of the dead one, then sends the same again.
    agent.behaviour = accepts
    await stand.links.link(agent)
    await agent.ask()
    expect(agent.scripts).toHaveLength(1)
    await expireLeases('killed')
    stand.runner.push(['killed'])
    await got(agent).toBe(2)
    expect(agent.scripts[1]).toMatchObject({ execution_id: id, attempt: 1 })
    const [script] = agent.scripts
    if (script) await agent.complete(script)
    await untilStatus(stand, id, 'SUCCESS')
  })

  it('sends anew at once to a new session of its own', async () => {
    const agent = await linked('relinked', silent)
    await runOn(stand, await addScript(stand), 'relinked')
    await got(agent).toBe(1)
    stand.links.unlink(agent)
    await stand.links.link(agent)
    await agent.ask()
    await got(agent).toBe(2)
  })

  it('keeps what the link cannot take, and sends it when there is room', async () => {
    const agent = await linked('full', starts)
    agent.isFull = true
    const id = await runOn(stand, await addScript(stand), 'full')
    await expect
      .poll(() => stand.executions.get(id))
      .toMatchObject({ status: 'PENDING', waiting: 'is about to be sent' })
    stand.links.writable(agent)
    await untilStatus(stand, id, 'RUNNING')
    expect(agent.scripts).toHaveLength(1)
  })

  it('sends to a legacy agent once only: RUNNING at once, its completion’s text is the output', async () => {
    const agent = await linked('legacy', silent, { protocol: 1 })
    const id = await runOn(stand, await addScript(stand), 'legacy')
    await untilStatus(stand, id, 'RUNNING')
    await expireLeases('legacy')
    stand.links.unlink(agent)
    await stand.links.link(agent)
    await agent.ask()
    await expect.poll(() => agent.got('pending_scripts_response').length).toBeGreaterThan(1)
    expect(agent.scripts).toHaveLength(1)
    await agent.deliver({ type: 'script_completion', execution_id: id, exit_code: 0, stdout: 'all of it\n' })
    await untilStatus(stand, id, 'SUCCESS')
    expect(await output(id)).toEqual([['stdout', 1, 'all of it\n']])
  })
})

describe('order', () => {
  it('runs FIRST_BOOT scripts before the others and one at a time, in their order', async () => {
    const machineId = await addMachine(context, 'boot')
    const script = await addScript(stand)
    const plain = await runOn(stand, script, machineId)
    const second = await runOn(stand, script, machineId, { executionType: 'FIRST_BOOT', order: 2 })
    const first = await runOn(stand, script, machineId, { executionType: 'FIRST_BOOT', order: 1 })
    const order: string[] = []
    const agent = new FakeAgent(machineId, {
      async behaviour(item, self) {
        order.push(`start ${item.execution_id}`)
        await self.accept(item)
        await self.start(item)
        order.push(`end ${item.execution_id}`)
        await self.complete(item)
      },
    })
    await stand.links.link(agent)
    for (const id of [plain, second, first]) await untilStatus(stand, id, 'SUCCESS')
    expect(order).toEqual([first, second, plain].flatMap((id) => [`start ${id}`, `end ${id}`]))
  })

  it('runs scripts.per_machine side by side, and says why the next one waits', async () => {
    const agent = await linked('four', starts)
    const script = await addScript(stand)
    const rows = []
    for (let index = 0; index < 6; index += 1) rows.push(await runOn(stand, script, 'four'))
    await expect.poll(() => agent.started.size).toBe(4)
    expect((await stand.executions.get(rows[5] ?? '')).waiting).toBe(
      '4 scripts are running; scripts.per_machine allows 4',
    )
    const [item] = agent.scripts
    if (item) await agent.complete(item)
    await expect.poll(() => agent.started.size).toBe(5)
  })

  it('runs a script within a second of its time', async () => {
    const agent = await linked('timed', starts)
    const at = new Date(Date.now() + 700)
    const id = await runOn(stand, await addScript(stand), 'timed', { scheduledFor: at })
    expect((await stand.executions.get(id)).waiting).toBe(`scheduled for ${at.toISOString()}`)
    await got(agent).toBe(1)
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime())
    expect(Date.now() - at.getTime()).toBeLessThan(1000)
  })

  it('says that a machine is away, has another system, or is behind first-boot scripts', async () => {
    await addMachine(context, 'away')
    const script = await addScript(stand)
    await runOn(stand, script, 'away', { executionType: 'FIRST_BOOT' })
    const id = await runOn(stand, script, 'away')
    expect((await stand.executions.get(id)).waiting).toMatch(/^machine offline/)
    await context.database.query(
      "UPDATE guests SET session = 's', platform = 'linux', last_contact = now() WHERE machine_id = 'away'",
    )
    expect((await stand.executions.get(id)).waiting).toBe('behind 1 first-boot script')
    await context.database.query("UPDATE guests SET platform = 'windows', session = NULL WHERE machine_id = 'away'")
    expect((await stand.executions.get(id)).waiting).toBe('wrong OS: the machine runs windows, the script is for linux')
    await context.database.query("UPDATE guests SET platform = NULL WHERE machine_id = 'away'")
    expect((await stand.executions.get(id)).waiting).toMatch(/^machine offline since \d{4}-/)
  })
})

async function accepted(id: string): Promise<boolean> {
  const [row] = await context.database.query<{ yes: boolean }>(
    'SELECT accepted_at IS NOT NULL AS yes FROM script_executions WHERE id = $1',
    [id],
  )
  return row?.yes ?? false
}

/** A claim behind all pushes: what they would have claimed is claimed. */
async function claimEnd(...stands: ScriptStand[]): Promise<void> {
  for (const { runner } of stands) await runner.settled()
  await context.database.transaction((tx) => claimStore.lock(tx, []))
}
