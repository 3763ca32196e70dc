import { sessionSchema } from '@slipway/protocol'
import { afterAll, expect, test } from 'vitest'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { hashSecret } from '../users/secret-text.ts'

const database = await makeTestDatabase()
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain() })
afterAll(() => server.stop())

const signIn = (token: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/session`, {
    method: 'POST',
    body: JSON.stringify({ token }),
    headers: { 'content-type': 'application/json', origin: server.url, ...headers },
  })

const cookieOf = (response: Response) =>
  /slipway_session=[^;]+/.exec(response.headers.get('set-cookie') ?? '')?.[0] ?? ''

test('a token opens a browser session, which ends for good when it is closed', async () => {
  const opened = await signIn(server.token)
  expect(opened.status).toBe(201)
  expect(opened.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/)
  const headers = { cookie: cookieOf(opened) }
  const asked = await fetch(`${server.url}/api/session`, { headers })
  expect(sessionSchema.parse(await asked.json()).principal).toEqual({ name: 'admin', permission: 'administer' })
  const closed = await fetch(`${server.url}/api/session`, {
    method: 'DELETE',
    headers: { ...headers, origin: server.url },
  })
  expect(closed.status).toBe(204)
  expect((await fetch(`${server.url}/api/session`, { headers })).status).toBe(401)
})

test('a session has the role of its token, not of the token’s owner', async () => {
  const [admin] = await database.query<{ id: string }>('SELECT id FROM principals')
  await database.query(
    "INSERT INTO tokens (id, principal_id, name, role, secret_hash) VALUES ('view', $1, 'view', 'viewer', $2)",
    [admin?.id, hashSecret('slw_view')],
  )
  const headers = { cookie: cookieOf(await signIn('slw_view')), origin: server.url }
  const asked = await fetch(`${server.url}/api/session`, { headers })
  expect(sessionSchema.parse(await asked.json()).principal.permission).toBe('read')
  expect((await fetch(`${server.url}/api/setup-links`, { method: 'POST', headers })).status).toBe(403)
})

test('another site’s page opens no session, and guessing is slowed down', async () => {
  expect((await signIn(server.token, { origin: 'https://elsewhere.example' })).status).toBe(403)
  const answers = []
  for (let guess = 0; guess < 12; guess += 1) answers.push((await signIn(`slw_${guess}`)).status)
  expect(answers.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(answers.slice(10)).toEqual([429, 429])
})

test('a link for another device signs it in once', async () => {
  const made = await server.call('/api/setup-links', { method: 'POST' })
  const { url } = (await made.json()) as { url: string } // by the route's schema
  const opened = await fetch(url, { redirect: 'manual' })
  expect([made.status, opened.status, cookieOf(opened) === '']).toEqual([201, 303, false])
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(404)
})
