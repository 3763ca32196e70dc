import { simpleConfig } from '@slipway/testing'
import type { ErrorBody, Event, Installation, LogLine, Plan, Progress, TimelineStep } from '@slipway/protocol'
import { isTerminal } from '@slipway/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/database.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { startTestRack, type TestRack } from '../testing/test-rack.ts'

const ended = ({ status }: Progress) => isTerminal(status)

describe('installations of simulated machines', () => {
  let rack: TestRack
  let database: Database
  beforeAll(async () => {
    const made = await makeTestDatabase()
    database = made
    // Large and slow enough to be interrupted in the middle of its layer.
    rack = await startTestRack({ databaseUrl: made.url, layerBytes: 8 * 1024 * 1024 })
    await rack.startMachines(7, ['--fault', 'slow=8'])
    await rack.machines(7)
  })
  afterAll(() => rack?.stop())

  const config = async (id: string) => simpleConfig(await rack.inventory(id), rack.image)
  const install = (body: object) => rack.call<{ installation_id: string } & ErrorBody>('POST', '/api/install', body)
  const begin = async (index: number) => {
    const machine = (await rack.machines(7))[index]?.machine_id ?? ''
    const { status, body } = await install({ machine_id: machine, kdl: await config(machine) })
    expect(body).toEqual({ installation_id: expect.any(String) })
    expect(status).toBe(202)
    return { machine, id: body.installation_id }
  }
  const events = async (id: string) =>
    database.query<Event>(
      "SELECT seq, type, at::text, data FROM events WHERE data ->> 'installation_id' = $1 ORDER BY seq",
      [id],
    )
  const terminalEvents = async (id: string) =>
    (await events(id)).filter(({ type }) => /^installation\.(completed|failed|cancelled|rolled-back)$/.test(type))

  /** machines.md: whatever was interrupted, each step began once and ended once, and there was one end. */
  async function expectWhole(id: string): Promise<void> {
    const steps = (await events(id)).filter(({ type }) => type === 'installation.step')
    const count = (outcome: string) =>
      Map.groupBy(
        steps.filter(({ data }) => data.outcome === outcome),
        ({ data }) => data.step_id,
      )
    for (const [step, times] of [...count('running'), ...count('done')]) expect([step, times.length]).toEqual([step, 1])
    const { body } = await rack.call<{ steps: TimelineStep[] }>('GET', `/api/install/${id}/timeline`)
    for (const step of body.steps)
      expect(step).toMatchObject({ outcome: 'done', started_at: expect.any(String), ended_at: expect.any(String) })
    await expect
      .poll(async () => (await terminalEvents(id)).map(({ type }) => type))
      .toEqual(['installation.completed'])
  }

  it('go over claim and plan to completed and confirmed, and tell it all on the way', async () => {
    const machine = (await rack.machines(7))[0]?.machine_id ?? ''
    const claim = await rack.call<{ claim_id: string }>('POST', `/api/machines/${machine}/claim`, {})
    const kdl = await config(machine)
    const plan = await rack.call<{ plan_sha256: string; plan: Plan }>('POST', '/api/plans', {
      machine_id: machine,
      kdl,
    })
    expect(plan.status).toBe(200)
    const { plan_sha256 } = plan.body
    expect((await install({ machine_id: machine, kdl, plan_sha256 })).body.error.code).toBe('machine-claimed')
    const { claim_id } = claim.body
    const wrong = await install({ machine_id: machine, kdl, plan_sha256, claim_id: 'claim_of_nobody' })
    expect(wrong).toMatchObject({ status: 409, body: { error: { code: 'claim-stale' } } })
    const { body } = await install({ machine_id: machine, kdl, plan_sha256, claim_id })
    const id = body.installation_id
    const done = await rack.until(id, ended)
    expect(done).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
    await expectWhole(id)
    const seen = (await events(id))
      .filter(({ type }) => type === 'installation.progress')
      .map(({ data }) => Number(data.percent))
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    const whole = await rack.call<Installation>('GET', `/api/install/${id}`)
    expect(whole.body).toMatchObject({ status: 'completed', machine_id: machine, plan_sha256, created_by: 'admin' })
    expect((await rack.call('GET', `/api/machines/${machine}/status`)).body).toMatchObject({
      installation: { status: 'completed' },
    })
    const kept = await rack.call<{ items: { id: string }[] }>('GET', `/api/configs/backups?machine_id=${machine}`)
    expect((await rack.call<{ kdl: string }>('GET', `/api/configs/backups/${kept.body.items[0]?.id}`)).body.kdl).toBe(
      kdl,
    )
  })

  it('stream their logs to the end, numbered without repetition', async () => {
    const { id } = await begin(1)
    const token = rack.token()
    const response = await fetch(`${rack.url}/api/install/${id}/logs?follow=true`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(response.headers.get('content-type')).toContain('application/x-ndjson')
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine)
    expect(ended(await rack.until(id, ended))).toBe(true)
    const numbers = lines.map(({ seq }) => seq)
    expect(numbers.length).toBeGreaterThan(5)
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    const { length } = lines.filter(({ seq }) => seq > (numbers[2] ?? 0))
    const tail = await fetch(`${rack.url}/api/install/${id}/logs?after=${numbers[2]}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect((await tail.text()).trim().split('\n')).toHaveLength(length)
  })

  it('survive kill -9 of instcomd in the middle of a layer under the same id', async () => {
    const { id } = await begin(2)
    await rack.until(id, ({ status }) => status === 'pulling')
    await rack.killServer()
    await rack.startServer()
    const done = await rack.until(id, ended)
    expect(done).toMatchObject({ status: 'completed', percent: 100, confirmed: true })
    await expectWhole(id)
    expect((await events(id)).map(({ type }) => type)).toContain('installation.resumed')
  })

  it('are cancelled by whoever started them, once, and the machine is free again', async () => {
    const { id, machine } = await begin(4)
    await rack.until(id, ({ status }) => status === 'pulling')
    expect((await rack.call('POST', `/api/install/${id}/cancel`, { claim_id: 'claim_of_nobody' })).status).toBe(409)
    expect((await rack.call('POST', `/api/install/${id}/cancel`, {})).status).toBe(202)
    expect(await rack.until(id, ended)).toMatchObject({ status: 'cancelled' })
    await expect
      .poll(async () => (await terminalEvents(id)).map(({ type }) => type))
      .toEqual(['installation.cancelled'])
    expect((await rack.call('POST', `/api/install/${id}/cancel`, {})).body).toMatchObject({
      error: { code: 'installation-terminal' },
    })
    expect((await rack.call('GET', `/api/machines/${machine}`)).body).toMatchObject({
      status: 'available',
      claim: null,
    })
  })

  it('are taken back step by step until the disk is empty', async () => {
    const { id, machine } = await begin(5)
    await rack.until(id, ({ status }) => status === 'pulling')
    expect((await rack.call('POST', `/api/install/${id}/rollback`, {})).status).toBe(202)
    expect(await rack.until(id, ended)).toMatchObject({ status: 'rolled-back' })
    const inventory = await rack.inventory(machine)
    expect(inventory.disks.every(({ partition_table }) => partition_table === null)).toBe(true)
  })

  it('that destroy data run only with the digest of exactly the plan that was shown', async () => {
    const machine = (await rack.machines(7))[6]?.machine_id ?? ''
    const kdl = await config(machine)
    const first = await install({ machine_id: machine, kdl: `${kdl}reboot #false\n` })
    expect(await rack.until(first.body.installation_id, ended)).toMatchObject({ status: 'completed', confirmed: false })
    const disk = /disks "([^"]+)"/.exec(kdl)?.[1]
    const again = `${kdl}reboot #false\nwipe "quick" {\n    disks "${disk}"\n}\n`
    const invalid = await install({ machine_id: machine, kdl })
    expect(invalid).toMatchObject({ status: 422, body: { error: { code: 'config-invalid' } } })
    const refused = await install({ machine_id: machine, kdl: again })
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'plan-not-confirmed' } } })
    const { plan_sha256, plan } = refused.body.error.details as { plan_sha256: string; plan: Plan }
    expect(plan.steps.flatMap((step) => step.destroys)).not.toEqual([])
    const other = await install({ machine_id: machine, kdl: `${again}swap "64M"\n`, plan_sha256 })
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'plan-changed' } } })
    expect((await rack.call('GET', `/api/machines/${machine}`)).body).toMatchObject({ claim: null })
    const { body } = await install({ machine_id: machine, kdl: again, plan_sha256 })
    expect(await rack.until(body.installation_id, ended)).toMatchObject({ status: 'completed' })
  })

  it('survive kill -9 of the machines in the middle of a layer, with a higher fence', async () => {
    const { id, machine } = await begin(3)
    const before = await database.query<{ fence: number }>('SELECT fence FROM claims WHERE machine_id = $1', [machine])
    await rack.until(id, ({ status }) => status === 'pulling')
    await rack.stopMachines('SIGKILL')
    await rack.startMachines(7, ['--fault', 'slow=8'])
    expect(await rack.until(id, ended)).toMatchObject({ status: 'completed', percent: 100 })
    await expectWhole(id)
    const after = await database.query<{ fence: number }>('SELECT fence FROM claims WHERE machine_id = $1', [machine])
    expect(after[0]?.fence).toBeGreaterThan(before[0]?.fence ?? Infinity)
  })
})
