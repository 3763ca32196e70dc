import { beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../database/database.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { claimStore } from './store.ts'

describe('the rows of claims', () => {
  let database: Database
  beforeAll(async () => {
    database = await makeTestDatabase()
  })

  const grant = (machineId: string, claimId: string, more: { machineFence?: number; ttlSeconds?: number } = {}) =>
    claimStore.grant(database, {
      machineId,
      claimId,
      holder: 'ada',
      principalId: 'usr_1',
      ttlSeconds: 300,
      machineFence: 0,
      implicit: false,
      ...more,
    })
  const machine = async (id: string) => {
    await database.query('INSERT INTO machines (machine_id) VALUES ($1)', [id])
    return id
  }

  it('give the next fence behind the database’s and the machine’s highest', async () => {
    const id = await machine('m1')
    expect(await grant(id, 'c1')).toMatchObject({ fence: 1 })
    await claimStore.release(database, id, 'c1', false)
    expect(await grant(id, 'c2', { machineFence: 41 })).toMatchObject({ fence: 42 })
    await claimStore.release(database, id, 'c2', false)
    expect(await grant(id, 'c3', { machineFence: 7 })).toMatchObject({ fence: 43 })
  })

  it('let one of many transactions win that grant at once', async () => {
    const id = await machine('m2')
    const rows = await Promise.all(Array.from({ length: 50 }, (_, index) => grant(id, `race-${index}`)))
    expect(rows.filter((row) => row !== null)).toHaveLength(1)
  })

  it('do not expire while an installation holds them, and live on for their ttl behind it', async () => {
    const id = await machine('m3')
    await grant(id, 'c4')
    expect(await claimStore.bind(database, id, 'c4', 'inst_1')).toBe(true)
    await database.query("UPDATE claims SET expires_at = now() - interval '1 hour' WHERE machine_id = $1", [id])
    expect(await claimStore.active(database, id)).toMatchObject({ claim_id: 'c4' })
    expect(await grant(id, 'c5')).toBeNull()
    expect(await claimStore.expire(database)).toEqual([])
    expect(await claimStore.release(database, id, 'c4', false)).toBeNull()
    expect(await claimStore.unbind(database, ['inst_1'])).toMatchObject([{ machine_id: id, released: false }])
    expect(await claimStore.active(database, id)).toMatchObject({ claim_id: 'c4', installation_id: null })
  })

  it('are taken down once when they ran out', async () => {
    const id = await machine('m4')
    await grant(id, 'c6')
    await database.query("UPDATE claims SET expires_at = now() - interval '1 ms' WHERE machine_id = $1", [id])
    expect(await claimStore.active(database, id)).toBeNull()
    expect(await claimStore.renew(database, id, 'c6', null)).toBeNull()
    expect(await claimStore.expire(database)).toMatchObject([{ machine_id: id, holder: 'ada' }])
    expect(await claimStore.expire(database)).toEqual([])
  })
})
