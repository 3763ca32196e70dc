import { setTimeout as wait } from 'node:timers/promises'
import type { Claim, ErrorBody, Machine } from '@slipway/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/database.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { startTestRack, type TestRack } from '../testing/test-rack.ts'

describe('claims', () => {
  let rack: TestRack
  let ids: string[]
  let database: Database
  beforeAll(async () => {
    const made = await makeTestDatabase()
    database = made
    rack = await startTestRack({ databaseUrl: made.url })
    await rack.startMachines(4)
    ids = (await rack.machines(4)).map(({ machine_id }) => machine_id)
  })
  afterAll(() => rack?.stop())

  const claim = (id: string, body: object = {}) =>
    rack.call<Claim & ErrorBody>('POST', `/api/machines/${id}/claim`, body)
  const shown = async (id: string) => (await rack.call<Machine>('GET', `/api/machines/${id}`)).body

  it('have one winner among fifty that ask at once, and tell the others who and until when', async () => {
    const [id = ''] = ids
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => claim(id, { holder: `operator-${index}` })),
    )
    const won = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 409)
    expect([won.length, refused.length]).toEqual([1, 49])
    const holder = won[0]?.body.holder
    for (const { body } of refused) {
      expect(body.error).toMatchObject({ code: 'machine-claimed', details: { holder } })
      expect(Date.parse(String(body.error.details.expires_at))).toBeGreaterThan(Date.now())
    }
    expect(await shown(id)).toMatchObject({ status: 'claimed', claim: { holder, fence: won[0]?.body.fence } })
    expect(await shown(id)).not.toHaveProperty('claim.claim_id')
  })

  it('are renewed and released by their id alone; another id is stale', async () => {
    const id = ids[1] ?? ''
    const { body: mine } = await claim(id)
    const path = `/api/machines/${id}/claim`
    const renewed = await rack.call<Claim>('POST', `${path}/renew`, { claim_id: mine.claim_id, ttl_seconds: 1000 })
    expect(renewed).toMatchObject({ status: 200, body: { claim_id: mine.claim_id, fence: mine.fence } })
    expect(Date.parse(renewed.body.expires_at)).toBeGreaterThan(Date.parse(mine.expires_at))
    const stale = await rack.call<ErrorBody>('POST', `${path}/renew`, { claim_id: 'claim_of_somebody' })
    expect(stale).toMatchObject({ status: 409, body: { error: { code: 'claim-stale' } } })
    expect(await rack.call('DELETE', path, { claim_id: 'claim_of_somebody' })).toMatchObject({ status: 409 })
    expect(await rack.call('DELETE', path, { claim_id: mine.claim_id })).toMatchObject({ status: 204 })
    expect(await shown(id)).toMatchObject({ status: 'available', claim: null })
    const { body: next } = await claim(id)
    expect(next.fence).toBeGreaterThan(mine.fence)
    expect(await rack.call('POST', `${path}/renew`, { claim_id: mine.claim_id })).toMatchObject({ status: 409 })
  })

  it('end when nobody renews them, and the next has a higher fence', async () => {
    const id = ids[2] ?? ''
    const { body: short } = await claim(id, { ttl_seconds: 1 })
    expect((await claim(id)).status).toBe(409)
    let next = await claim(id)
    for (const deadline = Date.now() + 10_000; next.status === 409 && Date.now() < deadline; await wait(50))
      next = await claim(id)
    expect(next.status).toBe(200)
    expect(next.body.fence).toBeGreaterThan(short.fence)
  })

  it('are ended by force by an administrator who does not know their id', async () => {
    const id = ids[3] ?? ''
    const { body: lost } = await claim(id, { holder: 'somebody else' })
    expect(await rack.call('DELETE', `/api/machines/${id}/claim`, { force: true })).toMatchObject({ status: 204 })
    const renewed = await rack.call('POST', `/api/machines/${id}/claim/renew`, { claim_id: lost.claim_id })
    expect(renewed).toMatchObject({ status: 409, body: { error: { code: 'claim-stale' } } })
  })

  it('get a fence above what the machine has seen, even where this database is older than the machine', async () => {
    const id = ids[3] ?? ''
    const { body: seen } = await claim(id)
    await rack.call('DELETE', `/api/machines/${id}/claim`, { claim_id: seen.claim_id })
    await database.query('UPDATE claims SET fence = 0 WHERE machine_id = $1', [id]) // as a restored backup has it
    await database.query('DELETE FROM inventories WHERE machine_id = $1', [id])
    const { status, body } = await claim(id)
    expect(status).toBe(200)
    expect(body.fence).toBeGreaterThan(seen.fence)
  })

  it('that the machine cannot be told of are taken back', async () => {
    await rack.stopMachines('SIGKILL')
    const id = ids[1] ?? ''
    await rack.call('DELETE', `/api/machines/${id}/claim`, { force: true })
    expect(await claim(id)).toMatchObject({ status: 503, body: { error: { code: 'machine-unreachable' } } })
    expect(await shown(id)).toMatchObject({ claim: null })
  })
})
