import { closeTooFarBehind, type Event } from '@slipway/protocol'
import { afterAll, expect, test } from 'vitest'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { openSlowSocket, type SlowSocket } from '../testing/slow-socket.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { sequenceEvents } from './sequence-events.ts'
import { expireProgress, readHead } from './store.ts'

const database = await makeTestDatabase()
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain() })
afterAll(() => server.stop())

/** More than the kernel buffers between two sockets on Linux (tcp_wmem and tcp_rmem, some megabytes each). */
const big = { count: 150, bytes: 100_000 }
/** More than `EventFeed` keeps in memory, with the quarter above which it trims. */
const many = 26_000

async function append(count: number, bytes: number, type = 'machines.updated'): Promise<void> {
  await database.query(
    `INSERT INTO pending_events (type, data, actor)
     SELECT $3, jsonb_build_object('machine_id', 'm', 'installation_id', 'i', 'filling', repeat('x', $2::int)), 'test'
       FROM generate_series(1, $1::int)`,
    [count, bytes, type],
  )
  await sequenceEvents(database)
}

async function open(after: number): Promise<SlowSocket> {
  const opened = await openSlowSocket(`${server.url}/api/events?after=${after}`, {
    authorization: `Bearer ${server.token}`,
  })
  if ('texts' in opened) return opened
  throw new Error(JSON.stringify(opened))
}

const numbers = (socket: SlowSocket) => socket.texts.map((text) => (JSON.parse(text) as Event).seq) // our own server's

test('a WebSocket reader too far behind is closed with 4008 and comes back by its number without missing an event', async () => {
  const start = (await readHead(database)).seq
  const slow = await open(start)
  // The first event comes live: only who follows can fall behind.
  slow.resume()
  await append(1, 1)
  await expect.poll(() => slow.texts.length).toBe(1)
  slow.pause()
  await append(big.count, big.bytes)
  await append(many, 1)
  await untilReadByServer()
  slow.resume()
  expect(await slow.closed).toBe(closeTooFarBehind)

  const before = numbers(slow)
  const last = before.at(-1) ?? 0
  expect(before.length).toBeLessThan(many)
  const again = await open(last)
  again.resume()
  const { seq: end } = await readHead(database)
  await expect.poll(() => again.texts.length, { timeout: 20_000 }).toBe(end - last)
  expect([...before, ...numbers(again)]).toEqual(Array.from({ length: end - start }, (_, index) => start + 1 + index))
  again.destroy()
}, 60_000)

/** A reader of the newest hears a marker only after the server has read all before it. */
async function untilReadByServer(): Promise<void> {
  const quick = await open((await readHead(database)).seq)
  quick.resume()
  await append(1, 1)
  await expect.poll(() => quick.texts.length, { timeout: 20_000 }).toBe(1)
  quick.destroy()
}

test('a WebSocket reader that asks for expired progress is refused with 410 and told where to go on', async () => {
  const { seq: start } = await readHead(database)
  await append(1, 1, 'installation.progress')
  await database.query("UPDATE events SET at = now() - interval '8 days' WHERE seq = $1", [start + 1])
  expect(await expireProgress(database, 7)).toBe(1)
  const refused = await openSlowSocket(`${server.url}/api/events?after=${start}`, {
    authorization: `Bearer ${server.token}`,
  })
  expect(refused).toMatchObject({
    status: 410,
    body: {
      error: {
        code: 'events-expired',
        message: expect.stringMatching(/after=\d+/),
        details: { complete_after: start + 1 },
      },
    },
  })
  const accepted = await open(start + 1)
  accepted.resume()
  await append(1, 1)
  await expect.poll(() => numbers(accepted)).toEqual([start + 2])
  accepted.destroy()
})
