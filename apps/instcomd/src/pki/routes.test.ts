import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { certificateSchema } from '@slipway/protocol'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const database = await makeTestDatabase()
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain() })
afterAll(() => server.stop())

const pageSchema = z.object({ items: z.array(certificateSchema), next_cursor: z.string().nullable() })
const read = async (query: string) => pageSchema.parse(await (await server.call(`/api/certificates?${query}`)).json())

for (const serial of ['01', '02', '03'])
  await database.query(
    `INSERT INTO certificates (serial, subject, fingerprint, issued_at, not_after)
     VALUES ($1, 'slipway:machine/m' || $1, 'f' || $1, now() - interval '1 day', now() + interval '29 days')`,
    [serial],
  )

test('certificates come newest first in pages, and are found by their subject', async () => {
  const first = await read('limit=2&q=machine/')
  const second = await read(`limit=2&q=machine/&cursor=${first.next_cursor}`)
  expect([first, second].map(({ items }) => items.map(({ serial }) => serial))).toEqual([['03', '02'], ['01']])
  expect((await read('q=M02')).items.map(({ subject }) => subject)).toEqual(['slipway:machine/m02'])
})

test('a revoked certificate says since when and why; an unknown one is not found', async () => {
  const body = { method: 'POST', body: '{"reason":"stolen"}', headers: { 'content-type': 'application/json' } }
  expect((await server.call('/api/certificates/02/revoke', body)).status).toBe(204)
  expect((await read('q=m02')).items[0]).toMatchObject({ reason: 'stolen', revoked_at: expect.any(String) })
  expect((await server.call('/api/certificates/99/revoke', body)).status).toBe(404)
})

test('a revoked enrolment token leaves the list', async () => {
  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  const { id } = (await (await server.call('/api/enrollments', post)).json()) as { id: string } // by the route's schema
  expect((await server.call(`/api/enrollments/${id}`, { method: 'DELETE' })).status).toBe(204)
  expect(await (await server.call('/api/enrollments')).text()).not.toContain(id)
  expect((await server.call('/api/enrollments/none', { method: 'DELETE' })).status).toBe(404)
})
