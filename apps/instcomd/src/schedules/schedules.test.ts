import type { Schedule } from '@slipway/protocol'
import { scheduleRoutes } from '@slipway/protocol'
import { afterAll, describe, expect, it } from 'vitest'
import { FakeAgent, type Behaviour } from '../script-executions/testing/fake-links.ts'
import { addMachine, addScript, startScriptStand, type ScriptStand } from '../script-executions/testing/script-stand.ts'
import { makeTestContext } from '../testing/make-test-context.ts'
import { Scheduler } from './scheduler.ts'
import { ScheduleService } from './service.ts'

const context = await makeTestContext()
const stand = await startScriptStand(context)
const { scheduler, schedules } = withSchedules(stand)

function withSchedules(on: ScriptStand) {
  const made = new Scheduler(on.context, on.executions, on.runner)
  const service = new ScheduleService({ ...on, scheduler: made })
  made.start()
  afterAll(() => made.stop())
  return { scheduler: made, schedules: service }
}

function add(scriptId: string, timing: Schedule['timing'], targets: Schedule['targets'], more: Partial<Schedule> = {}) {
  return schedules.add(
    scheduleRoutes.addSchedule.body.parse({ script_id: scriptId, name: 'test', timing, targets, ...more }),
    'tester',
  )
}

interface Run {
  readonly id: string
  readonly machineid: string
  readonly status: string
  readonly error: string | null
}

function runs(scheduleId: string): Promise<Run[]> {
  return context.database.query<Run>(
    'SELECT id, machineId, status, error, held FROM script_executions WHERE schedule_id = $1 ORDER BY position',
    [scheduleId],
  )
}
const statuses = async (id: string) => (await runs(id)).map(({ status }) => status).sort()
const until = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 10_000, interval: 10 })

/** Makes the next run due now. */
async function comes(id: string, ago = '0 s'): Promise<void> {
  await context.database.query('UPDATE schedules SET next_run_at = clock_timestamp() - $2::interval WHERE id = $1', [
    id,
    ago,
  ])
  scheduler.wake()
}

async function linked(machineId: string, behaviour?: Behaviour, tags: string[] = []) {
  const agent = new FakeAgent(await addMachine(context, machineId, { tags }), behaviour ? { behaviour } : {})
  await stand.links.link(agent)
  return agent
}
const fails: Behaviour = (item, agent) => agent.complete(item, { exit_code: 1 })
const hangs: Behaviour = (item, agent) => agent.start(item)

describe('a schedule', () => {
  it('runs now, or at a time, and then has ended', async () => {
    await linked('now')
    const script = await addScript(stand)
    const now = await add(script.id, { kind: 'immediate' }, { machine_ids: ['now'] })
    const soon = await add(
      script.id,
      { kind: 'at', at: new Date(Date.now() + 400).toISOString() },
      { machine_ids: ['now'] },
    )
    await until(() => statuses(now.id)).toEqual(['SUCCESS'])
    await until(() => statuses(soon.id)).toEqual(['SUCCESS'])
    expect(await schedules.get(soon.id)).toMatchObject({
      enabled: false,
      ended: 'it has run',
      execution_count: 1,
      next_run_at: null,
    })
  })

  it('repeats with the published single-row fields, up to its maximum', async () => {
    await linked('repeat')
    const script = await addScript(stand)
    const wish = {
      script,
      machineIds: ['repeat'],
      inputValues: {},
      executionType: 'ON_DEMAND',
      runAs: null,
      timeoutSeconds: null,
      scheduledFor: null,
      createdBy: 'tester',
    } as const
    const { rows, scheduleId } = await schedules.repeat(wish, { minutes: 15, most: 2 })
    await until(() => statuses(scheduleId)).toEqual(['SUCCESS'])
    await comes(scheduleId)
    await until(() => statuses(scheduleId)).toEqual(['SUCCESS', 'SUCCESS'])
    const [row] = await context.database.query(
      'SELECT repeatIntervalMinutes, executionCount, maxExecutions, executionType FROM ScriptExecution WHERE id = $1',
      [rows[0]?.id],
    )
    expect(row).toEqual({ repeatintervalminutes: 15, executioncount: 2, maxexecutions: 2, executiontype: 'SCHEDULED' })
    expect(await schedules.get(scheduleId)).toMatchObject({ enabled: false, ended: 'maxExecutions reached' })
  })

  it('makes each run once, whoever looks', async () => {
    await linked('leader')
    const other = withSchedules(await startScriptStand(context, 'other-scheduler'))
    const schedule = await add(
      (await addScript(stand)).id,
      { kind: 'every', interval_minutes: 60 },
      { machine_ids: ['leader'] },
    )
    await until(() => statuses(schedule.id)).toEqual(['SUCCESS'])
    for (let turn = 1; turn <= 5; turn += 1) {
      await context.database.query('UPDATE schedules SET next_run_at = clock_timestamp() WHERE id = $1', [schedule.id])
      scheduler.wake()
      other.scheduler.wake()
      await until(async () => (await schedules.get(schedule.id)).execution_count).toBe(turn + 1)
      await until(() => statuses(schedule.id)).toEqual(Array(turn + 1).fill('SUCCESS'))
    }
  })

  it('finds its machines by tags and by a search', async () => {
    for (const [id, tags] of [
      ['tagged-1', ['web']],
      ['tagged-2', ['web', 'db']],
      ['tagged-3', ['db']],
    ] as const)
      await linked(id, undefined, [...tags])
    const script = await addScript(stand)
    const web = await add(script.id, { kind: 'immediate' }, { tags: ['web'] })
    const third = await add(script.id, { kind: 'immediate' }, { query: 'GED-3' })
    const page = { scriptId: undefined, limit: 500, afterId: '' }
    await until(async () => (await schedules.list({ ...page, machineId: 'tagged-3' })).map(({ id }) => id)).toEqual([
      third.id,
    ])
    expect((await schedules.list({ ...page, scriptId: script.id, machineId: undefined })).length).toBe(2)
    await until(async () => (await runs(web.id)).map(({ machineid }) => machineid)).toEqual(['tagged-1', 'tagged-2'])
    await until(async () => (await runs(third.id)).map(({ machineid }) => machineid)).toEqual(['tagged-3'])
  })

  it('lets a machine that was away run once, catch up, or skip', async () => {
    await addMachine(context, 'off')
    const script = await addScript(stand)
    const made: Record<string, string> = {}
    for (const missed of ['run_once', 'catch_up', 'skip'] as const) {
      const { id } = await add(script.id, { kind: 'every', interval_minutes: 60 }, { machine_ids: ['off'] }, { missed })
      made[missed] = id
      await until(async () => (await runs(id)).length).toBe(1)
      await comes(id)
      await until(async () => (await schedules.get(id)).execution_count).toBe(2)
    }
    expect((await runs(made.run_once ?? '')).length).toBe(1)
    expect((await runs(made.catch_up ?? '')).length).toBe(2)
    await context.database.query(
      "UPDATE script_executions SET send_by = clock_timestamp() - interval '1 s' WHERE schedule_id = $1",
      [made.skip],
    )
    await linked('off')
    stand.runner.push([])
    await until(() => statuses(made.run_once ?? '')).toEqual(['SUCCESS'])
    await until(() => statuses(made.catch_up ?? '')).toEqual(['SUCCESS', 'SUCCESS'])
  })

  it('cancels a run that nobody wants late', async () => {
    await addMachine(context, 'late')
    const { id } = await add(
      (await addScript(stand)).id,
      { kind: 'every', interval_minutes: 60 },
      { machine_ids: ['late'] },
      { missed: 'skip' },
    )
    await until(async () => (await runs(id)).length).toBe(1)
    await context.database.query(
      "UPDATE script_executions SET send_by = clock_timestamp() + interval '100 ms' WHERE schedule_id = $1",
      [id],
    )
    await context.database.query('SELECT pg_notify($1, $2)', [
      'slipway_scripts',
      JSON.stringify({ kind: 'time', machines: [] }),
    ])
    await until(() => statuses(id)).toEqual(['CANCELLED'])
    expect((await runs(id))[0]?.error).toMatch(/^missed/)
    expect((await schedules.get(id)).missed_count).toBe(1)
  })

  it('goes on after a failing run unless it is told to stop', async () => {
    await linked('failing', fails)
    const script = await addScript(stand)
    for (const [on_failure, enabled] of [
      ['continue', true],
      ['stop', false],
    ] as const) {
      const { id } = await add(
        script.id,
        { kind: 'every', interval_minutes: 60 },
        { machine_ids: ['failing'] },
        { on_failure },
      )
      await until(() => statuses(id)).toEqual(['FAILED'])
      expect(await schedules.get(id)).toMatchObject({
        enabled,
        ended: enabled ? null : 'a run failed, and on_failure is stop',
      })
    }
  })

  it('takes many machines in turns: max_parallel, canaries first, and no further after failures', async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `turn-${index}`)
    const agents = []
    for (const id of ids) agents.push(await linked(id, hangs))
    const script = await addScript(stand)
    const turns = await add(script.id, { kind: 'immediate' }, { machine_ids: ids }, { max_parallel: 2 })
    await until(() => statuses(turns.id)).toEqual(['PENDING', 'PENDING', 'PENDING', 'PENDING', 'RUNNING', 'RUNNING'])
    const [, , third] = await runs(turns.id)
    expect((await stand.executions.get(third?.id ?? '')).waiting).toBe('waits for other machines of its round')
    for (const agent of agents) agent.behaviour = (item, self) => self.complete(item)
    for (const agent of agents.slice(0, 2)) for (const item of agent.scripts) await agent.complete(item)
    await until(() => statuses(turns.id)).toEqual(Array(6).fill('SUCCESS'))

    for (const agent of agents) agent.behaviour = fails
    const canary = await add(script.id, { kind: 'immediate' }, { machine_ids: ids }, { canary: 2 })
    await until(() => statuses(canary.id)).toEqual(
      ['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED', 'FAILED', 'FAILED'].slice(0),
    )
    const stop = await add(
      script.id,
      { kind: 'every', interval_minutes: 5 },
      { machine_ids: ids },
      { max_parallel: 1, stop_after_failures: 2 },
    )
    await until(() => statuses(stop.id)).toEqual([
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
      'FAILED',
      'FAILED',
    ])
    expect(await schedules.get(stop.id)).toMatchObject({
      enabled: false,
      ended: '2 failures in one round; stop_after_failures is 2',
    })
  })

  it('refuses what means nothing', async () => {
    const script = await addScript(stand, {
      inputs: [{ name: 'a', type: 'text', required: true }],
      script: 'echo ${{ inputs.a }}',
    })
    await expect(add(script.id, { kind: 'immediate' }, { machine_ids: ['now'] })).rejects.toMatchObject({
      code: 'script-invalid',
    })
    await expect(add(script.id, { kind: 'immediate' }, {})).rejects.toMatchObject({ code: 'invalid-request' })
    await expect(add(script.id, { kind: 'immediate' }, { machine_ids: ['nobody'] })).rejects.toMatchObject({
      code: 'not-found',
    })
    for (const interval_minutes of [0, -5, 1.5])
      expect(
        scheduleRoutes.addSchedule.body.safeParse({
          script_id: 'x',
          name: 'x',
          timing: { kind: 'every', interval_minutes },
          targets: {},
        }).success,
      ).toBe(false)
  })

  it('can be changed: what is left out stays, a new timing starts anew', async () => {
    await linked('changed')
    const script = await addScript(stand)
    const { id } = await add(script.id, { kind: 'immediate' }, { machine_ids: ['changed'] })
    await until(() => statuses(id)).toEqual(['SUCCESS'])
    await expect(schedules.change(id, { enabled: true })).rejects.toMatchObject({ code: 'conflict' })
    const changed = await schedules.change(id, { timing: { kind: 'cron', cron: '0 4 * * *', time_zone: 'UTC' } })
    expect(changed).toMatchObject({ enabled: true, ended: null, execution_count: 0, name: 'test' })
    expect(changed.next_run_at?.toISOString()).toMatch(/T04:00:00\.000Z$/)
    const limits = { jitter_seconds: 30, max_parallel: 2, canary: 1, stop_after_failures: 3, run_as: 'deploy' }
    expect(await schedules.change(id, { ...limits, timeout_seconds: 9 })).toMatchObject({
      ...limits,
      timeout_seconds: 9,
    })
    expect(await schedules.change(id, { max_parallel: null, timeout_seconds: null })).toMatchObject({
      ...limits,
      max_parallel: null,
      timeout_seconds: null,
    })
    expect(await schedules.change(id, { enabled: false })).toMatchObject({ enabled: false, ended: null })
    await schedules.remove(id)
    await expect(schedules.get(id)).rejects.toMatchObject({ code: 'not-found' })
    expect((await runs(id)).length).toBe(1)
  })
})
