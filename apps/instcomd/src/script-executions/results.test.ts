import { describe, expect, it } from 'vitest'
import { makeTestContext } from '../testing/make-test-context.ts'
import type { Behaviour } from './testing/fake-links.ts'
import { linkAgent, silent, starts, storedOutput } from './testing/guest-behaviours.ts'
import { addMachine, addScript, runOn, startScriptStand, untilStatus } from './testing/script-stand.ts'

const context = await makeTestContext()
const stand = await startScriptStand(context)
const linked = (machineId: string, behaviour: Behaviour, options: { protocol?: 1 | 2 } = {}, on = stand) =>
  linkAgent(on, machineId, behaviour, options)
const output = (id: string) => storedOutput(context, id)

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
    // Twice when the due timer looks at the same moment: an agent takes the second for the first.
    await expect
      .poll(() => agent.got('cancel_script'))
      .toContainEqual(expect.objectContaining({ execution_id: id, attempt: 1 }))
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
