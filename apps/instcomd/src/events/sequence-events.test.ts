import { silentLogger } from '@slipway/base'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Transaction } from '../database/database.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { hashEvent, type EventRow } from './event-row.ts'
import { startEventSequencer } from './event-sequencer.ts'
import { sequenceEvents } from './sequence-events.ts'

const database = await makeTestDatabase()
const sequencer = startEventSequencer(database, silentLogger)
afterAll(() => sequencer.stop())
beforeEach(async () => {
  await sequenceEvents(database)
  await database.query('TRUNCATE events')
})

function append(tx: Transaction, mark: string) {
  return sequencer.appendEvent(tx, { type: 'machines.updated', data: { machine_id: mark }, actor: 'test' })
}

async function visible(): Promise<{ seq: number; mark: string }[]> {
  return database.query("SELECT seq, data ->> 'machine_id' AS mark FROM events ORDER BY seq")
}

test('a visible number means that all smaller ones are visible: the transaction that appends first and commits last comes last', async () => {
  const appended = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const slow = database.transaction(async (tx) => {
    await append(tx, 'slow')
    appended.resolve()
    await mayCommit.promise
  })
  await appended.promise
  await database.transaction((tx) => append(tx, 'quick'))
  await sequenceEvents(database)
  const before = await visible()
  expect(before.map(({ mark }) => mark)).toEqual(['quick'])
  mayCommit.resolve()
  await slow
  await sequenceEvents(database)
  const after = await visible()
  expect(after.map(({ mark }) => mark)).toEqual(['quick', 'slow'])
  expect(after[1]?.seq).toBe((before[0]?.seq ?? 0) + 1)
})

test('a transaction that is rolled back leaves no number unused', async () => {
  await database.transaction((tx) => append(tx, 'a'))
  await database
    .transaction(async (tx) => {
      await append(tx, 'lost')
      throw new Error('no')
    })
    .catch(() => undefined)
  await database.transaction((tx) => append(tx, 'b'))
  await sequenceEvents(database)
  const rows = await visible()
  expect(rows.map(({ mark }) => mark)).toEqual(['a', 'b'])
  expect((rows[1]?.seq ?? 0) - (rows[0]?.seq ?? 0)).toBe(1)
})

test('many writers and two sequencers at once: no gap, no duplicate, and each writer’s events in its order', async () => {
  const writers = Array.from({ length: 8 }, (_, writer) => writer)
  await Promise.all([
    ...writers.map(async (writer) => {
      for (let index = 0; index < 25; index += 1) await database.transaction((tx) => append(tx, `${writer}:${index}`))
    }),
    sequenceEvents(database),
    sequenceEvents(database),
  ])
  await sequenceEvents(database)
  const rows = await visible()
  expect(rows).toHaveLength(200)
  expect(rows.map(({ seq }, index) => seq - (rows[0]?.seq ?? 0) - index).every((gap) => gap === 0)).toBe(true)
  for (const writer of writers) {
    const own = rows.filter(({ mark }) => mark.startsWith(`${writer}:`)).map(({ mark }) => Number(mark.split(':')[1]))
    expect(own).toEqual([...own].sort((a, b) => a - b))
  }
})

test('the hash chain links every kept event and skips progress, which expires', async () => {
  await database.transaction(async (tx) => {
    await append(tx, 'one')
    await sequencer.appendEvent(tx, { type: 'installation.progress', data: { percent: 1 }, actor: 'test' })
    await append(tx, 'two')
  })
  await sequenceEvents(database)
  const rows = await database.query<EventRow>('SELECT * FROM events ORDER BY seq')
  const [one, progress, two] = rows
  expect(progress?.hash).toBeNull()
  expect(two?.prev_hash).toEqual(one?.hash)
  expect(two && hashEvent(two, two.prev_hash ?? Buffer.alloc(0))).toEqual(two?.hash)
})

test('what was committed is numbered without anybody asking', async () => {
  await database.transaction((tx) => append(tx, 'alone'))
  await expect.poll(visible, { timeout: 5000 }).toHaveLength(1)
})
