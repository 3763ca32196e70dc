import { simpleConfig } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { startTestRack, type TestRack } from '../testing/test-rack.ts'

describe('an installation of a simulated machine', () => {
  let rack: TestRack
  beforeAll(async () => {
    const database = await makeTestDatabase()
    rack = await startTestRack({ databaseUrl: database.url })
    await rack.startMachines(3)
    await rack.machines(3)
  })
  afterAll(() => rack?.stop())

  it('goes from discovery over claim and plan to completed and confirmed', async () => {
    const [machine] = await rack.machines(3)
    const id = machine?.machine_id ?? ''
    const claim = await rack.call<{ claim_id: string }>('POST', `/api/machines/${id}/claim`, {})
    expect(claim.status).toBe(200)
    const kdl = simpleConfig(await rack.inventory(id), rack.image)
    const plan = await rack.call<{ plan_sha256: string }>('POST', '/api/plans', { machine_id: id, kdl })
    expect(plan.body).toMatchObject({ plan_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const { plan_sha256 } = plan.body
    const { claim_id } = claim.body
    const install = await rack.call<{ installation_id: string }>('POST', '/api/install', {
      machine_id: id,
      kdl,
      plan_sha256,
      claim_id,
    })
    expect(install.status).toBe(202)
    const done = await rack.until(install.body.installation_id, ({ status }) =>
      ['completed', 'failed'].includes(status),
    )
    expect(done).toMatchObject({ status: 'completed', percent: 100, confirmed: true, error: null })
  })
})
