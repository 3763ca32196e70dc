import { describe, expect, it } from 'vitest'
import { makeTestContext } from '../testing/make-test-context.ts'
import { FakeAgent } from './testing/fake-links.ts'
import { addMachine, addScript, run, runOn, startScriptStand, untilStatus } from './testing/script-stand.ts'

const context = await makeTestContext()
const stand = await startScriptStand(context)

describe('an execution', () => {
  it('goes to its linked guest, and its row shows SUCCESS with output', async () => {
    const agent = new FakeAgent(await addMachine(context, 'thin'))
    await stand.links.link(agent)
    const script = await addScript(stand, {
      inputs: [{ name: 'who', type: 'text', required: true }],
      script: 'echo "hello ${{ inputs.who }}"',
    })
    const id = await runOn(stand, script, 'thin', { inputValues: { who: `Ada's "$(reboot)"` } })
    await untilStatus(stand, id, 'SUCCESS')
    expect(await stand.executions.get(id)).toMatchObject({
      status: 'SUCCESS',
      exit_code: 0,
      stdout: `ran ${script.name}\n`,
      waiting: null,
      attempt: 1,
      input_values: { who: `Ada's "$(reboot)"` },
    })
    expect(agent.scripts).toMatchObject([
      { script_content: 'echo "hello ${INPUT_WHO}"', shell: 'BASH', env: { INPUT_WHO: `Ada's "$(reboot)"` } },
    ])
    expect(agent.got('script_ack')).toEqual([{ type: 'script_ack', execution_id: id, attempt: 1 }])
    expect(agent.got('output_ack')).toMatchObject([{ stream: 'stdout', seq: 1 }])
  })

  it('is shown by the published query as it is written', async () => {
    const rows = await context.database.query<Record<string, unknown>>(
      `SELECT id, status, exitCode, stdout FROM ScriptExecution WHERE machineId = 'thin' ORDER BY createdAt`,
    )
    expect(rows).toMatchObject([{ status: 'SUCCESS', exitcode: 0 }])
    const published =
      'id, scriptId, machineId, executionType, status, scheduledFor, startedAt, completedAt, exitCode, stdout, stderr, error, ' +
      'inputValues, executedAs, "order", repeatIntervalMinutes, lastExecutedAt, executionCount, maxExecutions, attempt, createdAt, updatedAt'
    const [row] = await context.database.query<Record<string, unknown>>(`SELECT * FROM ScriptExecution LIMIT 1`)
    expect(Object.keys(row ?? {})).toEqual(published.replaceAll('"', '').toLowerCase().split(', '))
    await context.database.query(`SELECT ${published} FROM ScriptExecution`)
    await context.database.query(`SELECT ${published} FROM script_executions`)
  })

  it('goes to many machines at once', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, (_, index) => addMachine(context, `many-${index}`)))
    for (const id of ids) await stand.links.link(new FakeAgent(id))
    const rows = await run(stand, await addScript(stand), ids)
    for (const { id } of rows) await untilStatus(stand, id, 'SUCCESS')
  })
})
