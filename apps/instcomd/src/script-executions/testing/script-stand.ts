import type { Script } from '@slipway/protocol'
import { afterAll, expect } from 'vitest'
import type { AppContext } from '../../app-context.ts'
import { makeMetrics } from '../../metrics/make-metrics.ts'
import { ScriptService } from '../../scripts/service.ts'
import { ExecutionRunner } from '../execution-runner.ts'
import type { NewExecution } from '../execution-row.ts'
import type { ExecutionWish } from '../make-executions.ts'
import { ExecutionService } from '../service.ts'
import { FakeLinks } from './fake-links.ts'

/** Scripts and executions of one instance, with links in memory. */
export interface ScriptStand {
  readonly context: AppContext
  readonly links: FakeLinks
  readonly scripts: ScriptService
  readonly executions: ExecutionService
  readonly runner: ExecutionRunner
}

/** Builds and starts one instance's part on a context; `instanceId` makes a second instance on the same database. */
export async function startScriptStand(context: AppContext, instanceId?: string): Promise<ScriptStand> {
  const own = instanceId === undefined ? context : { ...context, instanceId, metrics: makeMetrics() }
  if (instanceId !== undefined)
    await context.database.query(
      "INSERT INTO instances (id, version, host_name, pid) VALUES ($1, '0.0.0', 'test', $2) ON CONFLICT DO NOTHING",
      [instanceId, process.pid],
    )
  const links = new FakeLinks()
  const runner = new ExecutionRunner(own, links)
  const executions = new ExecutionService({ context: own, links, runner })
  await runner.start()
  afterAll(() => runner.stop())
  return { context: own, links, scripts: new ScriptService(own), executions, runner }
}

/** A machine that a guest may speak for. */
export async function addMachine(context: AppContext, id: string, guest: { tags?: string[] } = {}): Promise<string> {
  await context.database.query(
    "INSERT INTO machines (machine_id, kind, status) VALUES ($1, 'virtual', 'managed') ON CONFLICT DO NOTHING",
    [id],
  )
  await context.database.query('INSERT INTO guests (machine_id, tags) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    guest.tags ?? [],
  ])
  return id
}

let names = 0

/** Saves a script; the text is the program, unless fields say more. */
export function addScript(stand: ScriptStand, fields: Record<string, unknown> = {}): Promise<Script> {
  names += 1
  const file = { name: `script ${names}`, os: ['linux'], shell: 'bash', script: 'echo hello', ...fields }
  return stand.scripts.add({ source: JSON.stringify(file) }, 'tester')
}

/** Makes one execution per machine. */
export function run(
  stand: ScriptStand,
  script: Script,
  machineIds: string[],
  more: Partial<ExecutionWish> = {},
): Promise<NewExecution[]> {
  return stand.executions.create({
    script,
    machineIds,
    inputValues: {},
    executionType: 'ON_DEMAND',
    runAs: null,
    timeoutSeconds: null,
    scheduledFor: null,
    createdBy: 'tester',
    ...more,
  })
}

/** Makes one execution and returns its id. */
export async function runOn(
  stand: ScriptStand,
  script: Script,
  machineId: string,
  more: Partial<ExecutionWish> = {},
): Promise<string> {
  const [row] = await run(stand, script, [machineId], more)
  if (!row) throw new Error('one machine makes one execution')
  return row.id
}

/** Waits until an execution is in one of these statuses. */
export function untilStatus(stand: ScriptStand, id: string, ...statuses: string[]) {
  return expect
    .poll(async () => (await stand.executions.get(id)).status, { timeout: 10_000, interval: 10 })
    .toSatisfy((status: string) => statuses.includes(status))
}
