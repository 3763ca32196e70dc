import { describe, expect, it } from 'vitest'
import { makeTestContext } from '../testing/make-test-context.ts'
import { claimStore } from './claim-store.ts'
import { FakeAgent, type Behaviour } from './testing/fake-links.ts'
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

const silent: Behaviour = () => undefined
const accepts: Behaviour = (script, agent) => agent.accept(script)
const starts: Behaviour = async (script, agent) => {
  await agent.accept(script)
  await agent.start(script)
}

async function linked(
  machineId: string,
  behaviour: Behaviour,
  options: { protocol?: 1 | 2 } = {},
  on: ScriptStand = stand,
) {
  const agent = new FakeAgent(await addMachine(context, machineId), { behaviour, ...options })
  await on.links.link(agent)
  return agent
}

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

describe('cancelling', () => {
  it('ends at once what was never sent', async () => {
    await addMachine(context, 'cancel-pending')
    const id = await runOn(stand, await addScript(stand), 'cancel-pending')
    expect(await stand.executions.cancel(id, 'ada')).toMatchObject({ status: 'CANCELLED', error: 'cancelled by ada' })
    await expect(stand.executions.cancel(id, 'ada')).rejects.toMatchObject({ code: 'execution-terminal' })
  })

  it('waits for the agent’s word on what was sent: killed, or not started', async () => {
    const agent = await linked('cancel-sent', starts)
    const [running, unstarted] = [
      await runOn(stand, await addScript(stand), 'cancel-sent'),
      await runOn(stand, await addScript(stand), 'cancel-sent'),
    ]
    await untilStatus(stand, running, 'RUNNING')
    await stand.executions.cancel(running, 'ada')
    await stand.executions.cancel(unstarted, 'ada')
    await expect
      .poll(() => agent.got('cancel_script').map(({ execution_id }) => execution_id))
      .toEqual(expect.arrayContaining([running, unstarted]))
    expect((await stand.executions.get(running)).status).toBe('RUNNING')
    await agent.complete({ execution_id: running, attempt: 1 }, { exit_code: null, cancelled: true })
    await agent.complete({ execution_id: unstarted, attempt: 1 }, { exit_code: null, not_started: true })
    await untilStatus(stand, running, 'CANCELLED')
    await untilStatus(stand, unstarted, 'CANCELLED')
  })

  it('tells an agent that was away when it is back', async () => {
    const agent = await linked('cancel-later', starts)
    const id = await runOn(stand, await addScript(stand), 'cancel-later')
    await untilStatus(stand, id, 'RUNNING')
    stand.links.unlink(agent)
    await stand.executions.cancel(id, 'ada')
    expect((await stand.executions.get(id)).status).toBe('RUNNING')
    await stand.links.link(agent)
    await expect.poll(() => agent.got('cancel_script')).toMatchObject([{ execution_id: id }])
  })
})

describe('results', () => {
  it('are stored once, however often they come, and acknowledged each time', async () => {
    const agent = await linked('twice', starts)
    const id = await runOn(stand, await addScript(stand), 'twice')
    await untilStatus(stand, id, 'RUNNING')
    const item = { execution_id: id, attempt: 1 }
    for (let turn = 0; turn < 3; turn += 1) await agent.print(item, 1, 'one\n')
    await agent.print(item, 2, 'two\0\n')
    await agent.complete(item, { exit_code: 3 })
    await untilStatus(stand, id, 'FAILED')
    await agent.complete(item, { exit_code: 0 })
    await expect.poll(() => agent.got('script_ack').length).toBe(2)
    expect(await stand.executions.get(id)).toMatchObject({
      status: 'FAILED',
      exit_code: 3,
      error: 'exit code 3',
      stdout: 'one\ntwo\uFFFD\n',
      late_result: null,
    })
    expect(await output(id)).toEqual([
      ['stdout', 1, 'one\n'],
      ['stdout', 2, 'two\uFFFD\n'],
    ])
    expect(agent.got('output_ack').at(-1)).toMatchObject({ seq: 2 })
  })

  it('wait with an agent that is away; after result_wait the row ends, and the late result is kept beside it', async () => {
    const agent = await linked('long-away', starts)
    const ids = []
    for (let index = 0; index < 4; index += 1) ids.push(await runOn(stand, await addScript(stand), 'long-away'))
    for (const id of ids) await untilStatus(stand, id, 'RUNNING')
    stand.links.unlink(agent)
    await stand.runner.sweep()
    expect(await stand.executions.get(ids[0] ?? '')).toMatchObject({
      status: 'RUNNING',
      waiting: expect.stringMatching(/^machine offline/),
    })
    await context.database.query(
      "UPDATE script_executions SET heard_at = heard_at - interval '25 h' WHERE id = ANY ($1)",
      [ids],
    )
    await stand.runner.sweep()
    for (const id of ids) expect((await stand.executions.get(id)).status).toBe('TIMEOUT')
    await stand.links.link(agent)
    for (const id of ids) await agent.complete({ execution_id: id, attempt: 1 }, { stdout: 'late\n' })
    await expect.poll(() => agent.got('script_ack').length).toBe(4)
    for (const id of ids)
      expect(await stand.executions.get(id)).toMatchObject({
        status: 'TIMEOUT',
        exit_code: null,
        late_result: { exit_code: 0, stdout: 'late\n' },
      })
  })

  it('of another machine’s execution change nothing', async () => {
    const owner = await linked('owner', starts)
    const thief = await linked('thief', silent)
    const id = await runOn(stand, await addScript(stand), 'owner')
    await untilStatus(stand, id, 'RUNNING')
    await thief.complete({ execution_id: id, attempt: 1 })
    await thief.print({ execution_id: id, attempt: 1 }, 1, 'stolen')
    await expect.poll(() => thief.got('script_ack').length).toBe(1)
    expect((await stand.executions.get(id)).status).toBe('RUNNING')
    expect(await output(id)).toEqual([])
    await owner.complete({ execution_id: id, attempt: 1 })
    await untilStatus(stand, id, 'SUCCESS')
  })

  it('that fail are tried again as new attempts; an interrupted one is not', async () => {
    const agent = await linked('retry', async (item, self) => {
      await starts(item, self)
      await self.print(item, 1, `attempt ${item.attempt}\n`)
      await self.complete(item, { exit_code: item.attempt === 1 ? 1 : 0 })
    })
    const script = await addScript(stand, { execution: { retry_on_failure: true, max_retries: 2 } })
    const id = await runOn(stand, script, 'retry')
    await untilStatus(stand, id, 'SUCCESS')
    expect(await stand.executions.get(id)).toMatchObject({
      attempt: 2,
      max_attempts: 3,
      execution_count: 2,
      stdout: 'attempt 2\n',
    })
    expect(await output(id)).toEqual([
      ['stdout', 1, 'attempt 1\n'],
      ['stdout', 1, 'attempt 2\n'],
    ])
    agent.behaviour = (item, self) => self.complete(item, { exit_code: null, interrupted: true })
    const other = await runOn(stand, script, 'retry')
    await untilStatus(stand, other, 'FAILED')
    expect(await stand.executions.get(other)).toMatchObject({ attempt: 1, error: 'interrupted' })
  })

  it('show no password: in no answer, row, or event; the agent gets it in the environment', async () => {
    const agent = await linked('secret', starts)
    const script = await addScript(stand, {
      inputs: [{ name: 'pw', type: 'password', required: true }],
      script: 'echo ${{ inputs.pw }}',
    })
    const id = await runOn(stand, script, 'secret', { inputValues: { pw: 'hunter2-secret' } })
    await untilStatus(stand, id, 'RUNNING')
    expect(agent.scripts[0]).toMatchObject({ env: { INPUT_PW: 'hunter2-secret' }, input_values: { pw: '********' } })
    const rows = await context.database.query('SELECT * FROM script_executions WHERE id = $1', [id])
    const events = await context.database.query("SELECT * FROM events WHERE data ->> 'execution_id' = $1", [id])
    const pending = await context.database.query("SELECT * FROM pending_events WHERE data ->> 'execution_id' = $1", [
      id,
    ])
    expect(events.length + pending.length).toBeGreaterThan(0)
    expect(JSON.stringify([rows, events, pending, await stand.executions.get(id)])).not.toContain('hunter2-secret')
  })
})

async function accepted(id: string): Promise<boolean> {
  const [row] = await context.database.query<{ yes: boolean }>(
    'SELECT accepted_at IS NOT NULL AS yes FROM script_executions WHERE id = $1',
    [id],
  )
  return row?.yes ?? false
}

async function output(id: string): Promise<unknown[]> {
  const rows = await context.database.query<{ stream: string; seq: number; data: string }>(
    'SELECT stream, seq, data FROM script_outputs WHERE execution_id = $1 ORDER BY position',
    [id],
  )
  return rows.map(({ stream, seq, data }) => [stream, seq, data])
}

/** A claim behind all pushes: what they would have claimed is claimed. */
async function claimEnd(...stands: ScriptStand[]): Promise<void> {
  for (const { runner } of stands) await runner.settled()
  await context.database.transaction((tx) => claimStore.lock(tx, []))
}
