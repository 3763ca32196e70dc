import { silentLogger } from '@slipway/base'
import { expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { leaseStore } from './lease-store.ts'
import { leaseMs, LinkLeases } from './link-leases.ts'

const database = await makeTestDatabase()
await database.query(
  "INSERT INTO instances (id, version, host_name, pid) SELECT i, '0', 'test', 1 FROM unnest(ARRAY['a', 'b']) AS i",
)

function makeLeases(owner: string) {
  const lost: string[] = []
  const clock = { now: 0 }
  const leases = new LinkLeases({
    database,
    owner,
    logger: silentLogger,
    lost: (id) => lost.push(id),
    elapsed: () => clock.now,
  })
  return { leases, lost, clock }
}

const expire = (id: string) =>
  database.query("UPDATE leases SET expires_at = now() - interval '1 s' WHERE name = $1", [`guest:${id}`])

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('of two instances one gets each lease, thousands in one statement', async () => {
  const [a, b] = [makeLeases('a'), makeLeases('b')]
  const ids = Array.from({ length: 2000 }, (_, index) => `many-${index}`)
  const [first, second] = await Promise.all([a.leases.acquire(ids), b.leases.acquire(ids.toReversed())])
  expect(first.length + second.length).toBe(2000)
  expect(new Set([...first, ...second]).size).toBe(2000)
  await a.leases.releaseAll()
  expect(await b.leases.acquire(first)).toHaveLength(first.length)
})

test('a lease that ran out passes to the other with a higher fence, and its former holder hears of it and closes', async () => {
  const [a, b] = [makeLeases('a'), makeLeases('b')]
  expect(await a.leases.acquire(['m'])).toEqual(['m'])
  expect(await b.leases.acquire(['m'])).toEqual([])
  await expire('m')
  expect(await b.leases.acquire(['m'])).toEqual(['m'])
  expect(b.leases.fence('m')).toBeGreaterThan(a.leases.fence('m') ?? 0)
  a.clock.now += leaseMs / 3
  a.leases.sweep()
  await until(() => a.lost.length === 1)
  expect(a.leases.fence('m')).toBeNull()
  expect(await leaseStore.occupy(database, [{ machine_id: 'm', fence: 1 }], 'a')).toEqual([])
})

test('a holder that cannot renew gives up by its own clock, before the lease ends in the database', async () => {
  const a = makeLeases('a')
  await a.leases.acquire(['stuck'])
  a.clock.now += leaseMs - 1999
  expect(a.leases.fence('stuck')).toBeNull()
  a.leases.sweep()
  expect(a.lost).toEqual(['stuck'])
})

test('a lease is renewed in time, and kept', async () => {
  const a = makeLeases('a')
  await a.leases.acquire(['kept'])
  for (let turn = 0; turn < 8; turn += 1) {
    const [before] = await database.query<{ at: Date }>("SELECT expires_at AS at FROM leases WHERE name = 'guest:kept'")
    a.clock.now += leaseMs / 3
    a.leases.sweep()
    for (;;) {
      const [after] = await database.query<{ at: Date }>(
        "SELECT expires_at AS at FROM leases WHERE name = 'guest:kept'",
      )
      if ((after?.at ?? 0) > (before?.at ?? 0)) break
    }
    await until(() => a.leases.fence('kept') !== null)
  }
  expect(a.lost).toEqual([])
})

test('a link with an agent may take a lease whose holder serves nobody, and not one that serves', async () => {
  const [a, b] = [makeLeases('a'), makeLeases('b')]
  await a.leases.acquire(['idle', 'busy'])
  await leaseStore.occupy(database, [{ machine_id: 'busy', fence: a.leases.fence('busy') ?? 0 }], 'a')
  expect(await b.leases.acquire(['idle', 'busy'])).toEqual([])
  expect(await b.leases.acquire(['idle', 'busy'], true)).toEqual(['idle'])
})
