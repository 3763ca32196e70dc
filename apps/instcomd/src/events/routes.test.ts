import { expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { historyRoutes } from './routes.ts'
import { sequenceEvents } from './sequence-events.ts'

const database = await makeTestDatabase()
const { listEvents } = historyRoutes(database)

async function append(type: string, data: object, actor: string): Promise<void> {
  await database.query('INSERT INTO pending_events (type, data, actor) VALUES ($1, $2, $3)', [type, data, actor])
}

/** A page as `actor:type`, and its cursor. */
async function page(query: Record<string, unknown>) {
  const call = { query: { limit: 2, ...query } } as unknown as Parameters<NonNullable<typeof listEvents>>[0] // the handler reads the query alone
  const answer = await listEvents?.(call)
  return { items: answer?.items.map(({ actor, type }) => `${actor}:${type}`), next: answer?.next_cursor ?? undefined }
}

await append('machines.discovered', { machine_id: 'a' }, 'instcomd')
await append('machines.claimed', { machine_id: 'b' }, 'ann')
await append('installation.progress', { machine_id: 'a', installation_id: 'in_1' }, 'instcomd')
await append('installation.completed', { machine_id: 'a', installation_id: 'in_1' }, 'ben')
await sequenceEvents(database)

test('what happened comes newest first, page after page, with who did it and without progress', async () => {
  const first = await page({})
  expect(first.items).toEqual(['ben:installation.completed', 'ann:machines.claimed'])
  expect(await page({ cursor: first.next })).toEqual({ items: ['instcomd:machines.discovered'], next: undefined })
})

test('one machine’s or one installation’s history stands alone, and progress comes when it is asked for', async () => {
  expect((await page({ machine_id: 'b' })).items).toEqual(['ann:machines.claimed'])
  expect((await page({ installation_id: 'in_1' })).items).toEqual(['ben:installation.completed'])
  expect((await page({ types: 'installation.progress' })).items).toEqual(['instcomd:installation.progress'])
})

test('a cursor that no list gave is refused', async () => {
  await expect(page({ cursor: 'x' })).rejects.toThrow('cursor is not one that a list gave')
})
