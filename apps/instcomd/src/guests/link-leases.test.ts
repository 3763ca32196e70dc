import { silentLogger } from '@slipway/base'
import { expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { leaseStore } from './lease-store.ts'
import { leaseMs, LinkLeases } from './link-leases.ts'

const database = await makeTestDatabase()
await database.query(
  "INSERT INTO instances (id, version, host_name, pid) SELECT i, '0', 'test', 1 FROM unnest(ARRAY['a', 'b']) AS i",
)

/** An instance that just started; what it held before is free. */
async function makeLeases(owner: string) {
  const lost: string[] = []
  const clock = { now: 0 }
  const leases = new LinkLeases({
    database,
    owner,
    logger: silentLogger,
    lost: (id) => lost.push(id),
    elapsed: () => clock.now,
  })
  await leases.start()
  return { leases, lost, clock }
}

/** As if an instance had been silent for a lease's length. */
const silence = (instance: string) =>
  database.query("UPDATE leases SET expires_at = now() - interval '1 s' WHERE name = $1", [`links:${instance}`])

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('of two instances one gets each lease, thousands in one statement', async () => {
  const [a, b] = [await makeLeases('a'), await makeLeases('b')]
  const ids = Array.from({ length: 2000 }, (_, index) => `many-${index}`)
  const [first, second] = await Promise.all([a.leases.acquire(ids), b.leases.acquire(ids.toReversed())])
  expect(first.length + second.length).toBe(2000)
  expect(new Set([...first, ...second]).size).toBe(2000)
  await a.leases.releaseAll()
  expect(await b.leases.acquire(first)).toHaveLength(first.length)
})

test('a lease that ran out passes to the other with a higher fence, and its former holder hears of it and closes', async () => {
  const [a, b] = [await makeLeases('a'), await makeLeases('b')]
  expect(await a.leases.acquire(['m'])).toEqual(['m'])
  expect(await b.leases.acquire(['m'])).toEqual([])
  await silence('a')
  expect(await b.leases.acquire(['m'])).toEqual(['m'])
  expect(b.leases.fence('m')).toBeGreaterThan(a.leases.fence('m') ?? 0)
  a.clock.now += leaseMs / 3
  a.leases.sweep()
  await until(() => a.lost.length === 1)
  expect(a.leases.fence('m')).toBeNull()
  expect(await leaseStore.occupy(database, [{ machine_id: 'm', fence: 1 }], 'a')).toEqual([])
})

test('a holder that cannot renew gives up by its own clock, before the lease ends in the database', async () => {
  const a = await makeLeases('a')
  await a.leases.acquire(['stuck'])
  a.clock.now += leaseMs - 1999
  expect(a.leases.fence('stuck')).toBeNull()
  a.leases.sweep()
  expect(a.lost).toEqual(['stuck'])
})

test('one heartbeat keeps all leases, as often as it is due', async () => {
  const a = await makeLeases('a')
  await a.leases.acquire(['kept', 'kept too'])
  // In microseconds: two heartbeats may fall into one millisecond.
  const ends = async () => {
    const sql = "SELECT (extract(epoch FROM expires_at) * 1e6)::bigint AS at FROM leases WHERE name = 'links:a'"
    return (await database.query<{ at: number }>(sql))[0]?.at ?? 0
  }
  for (let turn = 0; turn < 8; turn += 1) {
    const before = await ends()
    a.clock.now += leaseMs / 3
    a.leases.sweep()
    while ((await ends()) <= before) a.leases.sweep() // the round before may still be under way
    await until(() => a.leases.fence('kept') !== null && a.leases.fence('kept too') !== null)
  }
  expect(a.lost).toEqual([])
})

test('one lease that another instance took is noticed among those that stay', async () => {
  const a = await makeLeases('a')
  await a.leases.acquire(['stays', 'taken'])
  await database.query("UPDATE leases SET owner = 'b', fence = fence + 1 WHERE name = 'guest:taken'")
  a.clock.now += leaseMs / 3
  a.leases.sweep()
  await until(() => a.lost.length > 0)
  expect(a.lost).toEqual(['taken'])
  expect(a.leases.fence('stays')).not.toBeNull()
})

test('a link with an agent may take a lease whose holder serves nobody, and not one that serves', async () => {
  const [a, b] = [await makeLeases('a'), await makeLeases('b')]
  await a.leases.acquire(['idle', 'busy'])
  await leaseStore.occupy(database, [{ machine_id: 'busy', fence: a.leases.fence('busy') ?? 0 }], 'a')
  expect(await b.leases.acquire(['idle', 'busy'])).toEqual([])
  expect(await b.leases.acquire(['idle', 'busy'], true)).toEqual(['idle'])
})
