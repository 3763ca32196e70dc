import { simpleConfig, startRegistryProxy } from '@slipway/testing'
import type { BatchMachineCheck, ErrorBody, InstallBatch, WholeInstallBatch } from '@slipway/protocol'
import { isTerminal } from '@slipway/protocol'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { startTestRack, type TestRack } from '../testing/test-rack.ts'

interface Checked {
  readonly valid: boolean
  readonly machines: readonly BatchMachineCheck[]
}

describe('install batches of simulated machines', () => {
  let rack: TestRack
  let machines: string[]
  let kdl: string
  beforeAll(async () => {
    const database = await makeTestDatabase()
    rack = await startTestRack({ databaseUrl: database.url, layerBytes: 512 * 1024 })
    await rack.startMachines(6)
    machines = (await rack.machines(6)).map(({ machine_id }) => machine_id)
    // Every simulated machine has a vda and a net0; the hostname is each machine's own.
    kdl = simpleConfig(await rack.inventory(machines[0] ?? ''), rack.image)
      .replace(/disks "[^"]+"/u, 'disks "vda"')
      .replace(/ selector="[^"]+"/u, '')
  })
  afterAll(() => rack?.stop())

  const named = (ids: readonly string[]) =>
    ids.map((machine_id, index) => ({ machine_id, values: { '/sysconfig/hostname': `node-0${index + 1}` } }))
  const post = <T>(path: string, body: object) => rack.call<T & ErrorBody>('POST', `/api/install-batches${path}`, body)
  const whole = async (id: string) => (await rack.call<WholeInstallBatch>('GET', `/api/install-batches/${id}`)).body
  const count = async () => (await rack.call<{ items: unknown[] }>('GET', '/api/install?limit=100')).body.items.length

  it('are checked machine by machine, and start nothing', async () => {
    const wishes = named(machines.slice(0, 2))
    const { status, body } = await post<Checked>('/check', {
      kdl,
      machines: [
        ...wishes,
        { machine_id: machines[2], values: { '/sysconfig/host': 'x', '/reboot': 'no' } },
        { machine_id: machines[3], values: { '/sysconfig/hostname': 'not a hostname' } },
        { machine_id: 'nobody', values: {} },
        { machine_id: machines[4], values: { '/sysconfig/hostname': 'NODE-02' } },
      ],
    })
    expect(status).toBe(200)
    expect(body.valid).toBe(false)
    expect(body.machines).toMatchObject([
      { machine_id: machines[0], valid: true, plan_sha256: expect.any(String), destroys: [] },
      { machine_id: machines[1], valid: true },
      {
        valid: false,
        findings: [
          { code: 'edit-pointer-unknown', pointer: '/sysconfig/host' },
          { code: 'edit-value-illegal', pointer: '/reboot' },
        ],
      },
      {
        valid: false,
        findings: expect.arrayContaining([
          expect.objectContaining({ pointer: '/sysconfig/hostname', severity: 'error' }),
        ]),
      },
      { machine_id: 'nobody', valid: false, error: { code: 'not-found' } },
      {
        valid: false,
        error: { code: 'conflict', message: expect.stringContaining(`machine ${machines[1]} of this batch`) },
      },
    ])
    expect(await count()).toBe(0)
  })

  it('start on all machines or on none, and say which one is in the way', async () => {
    const claimed = machines[1] ?? ''
    const { body: claim } = await rack.call<{ claim_id: string }>('POST', `/api/machines/${claimed}/claim`, {})
    const refused = await post('', { name: 'first', kdl, machines: named(machines.slice(0, 2)) })
    expect(refused.status).toBe(422)
    expect(refused.body.error).toMatchObject({
      code: 'install-batch-refused',
      details: { machines: [{ machine_id: claimed, code: 'machine-claimed' }] },
    })
    expect(await count()).toBe(0)
    const released = await rack.call('DELETE', `/api/machines/${claimed}/claim`, { claim_id: claim.claim_id })
    expect(released.status).toBe(204)
    const twice = await post('', { name: 'first', kdl, machines: named([claimed, claimed]) })
    expect(twice.body.error).toMatchObject({ code: 'invalid-request', message: expect.stringContaining('twice') })
  })

  it('install each machine with its own values, and can be watched as one', async () => {
    const wishes = named(machines.slice(0, 3))
    const { body: checked } = await post<Checked>('/check', { kdl, machines: wishes })
    expect(checked.machines.filter(({ valid }) => !valid)).toEqual([])
    const confirmed = wishes.map((wish, index) => ({ ...wish, plan_sha256: checked.machines[index]?.plan_sha256 }))
    const { status, body } = await post<InstallBatch>('', { name: 'rack 7', kdl, machines: confirmed })
    expect(status).toBe(201)
    expect(body).toMatchObject({ name: 'rack 7', created_by: 'admin', machines_total: 3 })
    await expect
      .poll(async () => (await whole(body.id)).machines.every(({ installation }) => isTerminal(installation.status)), {
        timeout: 60_000,
      })
      .toBe(true)
    const done = await whole(body.id)
    expect(done).toMatchObject({ kdl, states: { completed: 3 }, machines_total: 3 })
    expect(done.machines.map(({ machine_id, values }) => ({ machine_id, values }))).toEqual(wishes)
    const kept = await rack.call<{ items: { id: string }[] }>(
      'GET',
      `/api/configs/backups?machine_id=${machines[1]}&limit=1`,
    )
    const { body: text } = await rack.call<{ kdl: string }>('GET', `/api/configs/backups/${kept.body.items[0]?.id}`)
    expect(text.kdl).toContain('hostname "node-02"')
    const list = await rack.call<{ items: InstallBatch[] }>('GET', '/api/install-batches')
    expect(list.body.items.map(({ id }) => id)).toEqual([body.id])
  }, 90_000)

  it('are cancelled as one; what has ended stays', async () => {
    // No layer comes to its end: no installation from there ends by itself.
    const proxy = await startRegistryProxy({ targetPort: rack.registry.port })
    onTestFinished(() => proxy.close())
    proxy.holdBlobs(64 * 1024)
    const stuck = kdl.replace(`127.0.0.1:${rack.registry.port}/`, `${proxy.host}/`)
    const wish = { name: 'stopped', kdl: stuck, machines: named(machines.slice(3, 6)) }
    const { body } = await post<InstallBatch>('', wish)
    const cancelled = await post<InstallBatch>(`/${body.id}/cancel`, {})
    expect([cancelled.status, cancelled.body.error]).toEqual([202, undefined])
    await expect
      .poll(async () => (await whole(body.id)).machines.every(({ installation }) => isTerminal(installation.status)), {
        timeout: 60_000,
      })
      .toBe(true)
    expect((await whole(body.id)).states).toEqual({ cancelled: 3 })
    expect(await post(`/${body.id}/cancel`, {})).toMatchObject({ status: 202 })
    expect((await post('/batch_none/cancel', {})).status).toBe(404)
  }, 90_000)
})
