import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { beforeAll, expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { openDatabase } from './open-database.ts'

const database = await makeTestDatabase()
beforeAll(() => database.query('CREATE TABLE numbers (id bigint PRIMARY KEY, n bigint)'))

test('bigint columns are numbers, and one beyond 2^53 is an error, never a wrong number', async () => {
  expect(await database.query('SELECT 9007199254740991::bigint AS n, count(*) AS c FROM numbers')).toEqual([
    { n: 9_007_199_254_740_991, c: 0 },
  ])
  await expect(database.query('SELECT 9007199254740993::bigint AS n')).rejects.toThrow('beyond 2^53')
})

test('a transaction that throws leaves nothing behind and does not run what waits for its commit', async () => {
  const done: string[] = []
  const failing = database.transaction(async (tx) => {
    await tx.query('INSERT INTO numbers VALUES (1, 1)')
    tx.afterCommit(() => done.push('never'))
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await database.transaction(async (tx) => {
    tx.afterCommit(() => done.push('once'))
    await tx.query('INSERT INTO numbers VALUES (2, 2)')
    expect(done).toEqual([])
  })
  expect(done).toEqual(['once'])
  expect(await database.query('SELECT id FROM numbers')).toEqual([{ id: 2 }])
})

test('two transactions that lock each other out both succeed: the victim is run again from the start', async () => {
  await database.query('INSERT INTO numbers VALUES (10, 0), (11, 0)')
  const bothHoldOne = Promise.withResolvers<void>()
  let holding = 0
  let runs = 0
  const cross = (first: number, second: number) =>
    database.transaction(async (tx) => {
      runs += 1
      await tx.query('UPDATE numbers SET n = n + 1 WHERE id = $1', [first])
      holding += 1
      if (holding === 2) bothHoldOne.resolve()
      await bothHoldOne.promise
      await tx.query('UPDATE numbers SET n = n + 1 WHERE id = $1', [second])
    })
  await Promise.all([cross(10, 11), cross(11, 10)])
  // One victim at least; on a loaded machine its second run can collide once more.
  expect(runs).toBeGreaterThanOrEqual(3)
  expect(await database.query('SELECT n FROM numbers WHERE id >= 10')).toEqual([{ n: 2 }, { n: 2 }])
})

test('while the server is away a query says database-unavailable', async () => {
  const away = openDatabase({ url: 'postgresql://slipway@/slipway?host=%2Fnowhere', logger: silentLogger })
  await expect(away.query('SELECT 1')).rejects.toMatchObject({ code: 'database-unavailable' })
  await expect(away.transaction((tx) => tx.query('SELECT 1'))).rejects.toMatchObject({ code: 'database-unavailable' })
  await away.close()
})

test('a session that the server ends in the middle of a transaction undoes it, and the next one works', async () => {
  const killed = database.transaction(async (tx) => {
    await tx.query('INSERT INTO numbers VALUES (20, 20)')
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())')
    await tx.query('SELECT 1')
  })
  await expect(killed).rejects.toMatchObject({ code: 'database-unavailable' })
  expect(await database.query('SELECT id FROM numbers WHERE id = 20')).toEqual([])
})

test('a commit whose answer is lost is not reported as failed when it happened', async () => {
  // A socket URL has no host, so it is no URL for `new URL`.
  const [base = '', folder = ''] = database.url.split('?host=')
  const proxy = await cutAfterCommit(decodeURIComponent(folder))
  const behind = openDatabase({
    url: `${base}?host=${encodeURIComponent(proxy.folder)}`,
    logger: silentLogger,
    connections: 2,
  })
  const result = await behind.transaction(async (tx) => {
    await tx.query('INSERT INTO numbers VALUES (30, 30)')
    return 'done'
  })
  expect([result, proxy.cuts()]).toEqual(['done', 1])
  expect(await database.query('SELECT id FROM numbers WHERE id = 30')).toEqual([{ id: 30 }])
  await behind.close()
  await proxy.close()
})

test('a commit that the server did not finish is reported as not happened', async () => {
  await database.query(`CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$`)
  await database.query(`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON numbers DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.id = 40) EXECUTE FUNCTION end_session()`)
  const lost = database.transaction((tx) => tx.query('INSERT INTO numbers VALUES (40, 40)'))
  await expect(lost).rejects.toMatchObject({ code: 'database-unavailable' })
  expect(await database.query('SELECT id FROM numbers WHERE id = 40')).toEqual([])
})

/** A unix-socket proxy that lets the first COMMIT through and cuts the line instead of bringing the answer back. */
async function cutAfterCommit(target: string): Promise<{ folder: string; cuts(): number; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-proxy-'))
  let cuts = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(join(target, '.s.PGSQL.5432'))
    let isCommitting = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined) // cut on purpose
    }
    client.on('data', (chunk) => {
      isCommitting = cuts === 0 && chunk.includes('COMMIT')
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!isCommitting) return void client.write(chunk)
      cuts += 1 // the answer is here, so the commit has happened
      client.destroy()
      upstream.destroy()
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((done) => server.listen(join(folder, '.s.PGSQL.5432'), done))
  return {
    folder,
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
