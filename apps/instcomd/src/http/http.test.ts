import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { Fault, type Logger } from '@slipway/base'
import { errorBodySchema, routes } from '@slipway/protocol'
import { afterAll, expect, test } from 'vitest'
import { distributionPaths } from '../distribution/openapi-paths.ts'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'
import { combineHandlers, routeNames } from './combine-handlers.ts'
import type { Handlers } from './handler.ts'

const database = await makeTestDatabase()
let installs = 0
let aborted = 0
const lines: string[] = []
const note = (fields: object, message: string) => lines.push(`${message} ${JSON.stringify(fields)}`)
const logger: Logger = { debug: note, info: note, warn: note, error: note }
const handlers: Handlers = {
  async install({ body }) {
    installs += 1
    if (body.machine_id === 'held')
      throw new Fault('machine-claimed', 'somebody has it', { details: { holder: 'ann' } })
    if (body.machine_id === 'defect') throw new TypeError('password=hunter2')
    return { installation_id: `in_${installs}` }
  },
  async getLogs({ params, signal }) {
    if (params.id === 'none') throw new Fault('not-found', 'no such installation')
    return countLines(params.id === 'endless' ? Number.POSITIVE_INFINITY : 3, signal)
  },
  releaseClaim: async () => null,
}
async function* countLines(count: number, signal: AbortSignal) {
  signal.addEventListener('abort', () => (aborted += 1))
  for (let seq = 1; seq <= count && !signal.aborted; seq += 1)
    yield { seq, at: '2026-01-01T00:00:00.000Z', level: 'info' as const, step: null, message: 'x'.repeat(1000) }
}

const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain(handlers), logger })
afterAll(() => server.stop())

const post = (body: unknown, headers: Record<string, string> = {}) =>
  ({
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  }) as const

async function errorOf(response: Response) {
  return { status: response.status, ...errorBodySchema.parse(await response.json()).error }
}

test('every route of the table names a permission and has exactly one handler; a missing or a second one is refused', () => {
  for (const name of routeNames()) expect(['open', 'read', 'operate', 'administer']).toContain(routes[name].permission)
  const complete: Handlers = Object.fromEntries(
    routeNames().map((name) => [name, () => Promise.reject(new Error('unused'))]),
  )
  expect(Object.keys(combineHandlers([complete])).toSorted()).toEqual(routeNames().toSorted())
  const { install: _, ...rest } = complete
  expect(() => combineHandlers([rest])).toThrow('routes without a handler: install')
  expect(() => combineHandlers([complete, { health: () => Promise.reject(new Error('unused')) }])).toThrow(
    'two handlers: health',
  )
})

test('every route that is not open refuses a stranger, a wrong token and a token in the URL', async () => {
  for (const name of routeNames('api')) {
    const { method, path, permission } = routes[name]
    if (permission === 'open') continue
    const address = path.replace(/:\w+/g, 'x')
    for (const [query, headers] of [
      ['', {}],
      ['', { authorization: `Bearer slw_${'A'.repeat(43)}` }],
      [`?token=${server.token}`, {}],
    ] as const) {
      const response = await fetch(`${server.url}${address}${query}`, { method, headers })
      expect([name, response.status, (await errorOf(response)).code]).toEqual([name, 401, 'not-authenticated'])
    }
  }
})

test('a token of a lower role gets 403 with what is needed', async () => {
  const { hashSecret } = await import('../users/secret-text.ts')
  const [admin] = await database.query<{ id: string }>('SELECT id FROM principals')
  await database.query(
    "INSERT INTO tokens (id, principal_id, name, role, secret_hash) VALUES ('t', $1, 'view', 'viewer', $2)",
    [admin?.id, hashSecret('slw_viewer')],
  )
  const headers = { authorization: 'Bearer slw_viewer' }
  expect((await server.call('/api/settings', { headers })).status).toBe(200)
  const refused = await errorOf(await server.call('/api/install', post({ machine_id: 'm', kdl: '' }, headers)))
  expect(refused).toMatchObject({ status: 403, code: 'not-permitted', details: { needed: 'operate', has: 'read' } })
  await database.query("UPDATE tokens SET revoked_at = now() WHERE id = 't'")
  expect((await server.call('/api/settings', { headers })).status).toBe(401)
})

test('unknown keys, wrong types, broken JSON, other media types and big bodies are refused, all with the documented body', async () => {
  const unknown = await errorOf(await server.call('/api/install', post({ machine_id: 1, kdl: '', force: true })))
  expect(unknown).toMatchObject({ status: 400, code: 'invalid-request' })
  expect(unknown.message).toMatch(/body\.machine_id: .*force/)
  expect(unknown.request_id).toMatch(/^req_/)
  expect(await errorOf(await server.call('/api/install', post('{')))).toMatchObject({
    status: 400,
    code: 'invalid-request',
  })
  expect(
    await errorOf(await server.call('/api/install', post('{"__proto__":{},"machine_id":"m","kdl":""}'))),
  ).toMatchObject({ status: 400 })
  expect(await errorOf(await server.call('/api/install', post('a=b', { 'content-type': 'text/plain' })))).toMatchObject(
    { status: 400 },
  )
  expect(
    await errorOf(await server.call('/api/install', post({ machine_id: 'm', kdl: 'x'.repeat(1 << 20) }))),
  ).toMatchObject({ status: 413, code: 'too-large' })
  expect(await errorOf(await server.call('/api/machines?limit=0'))).toMatchObject({ status: 400 })
  expect(await errorOf(await server.call('/api/doctor?x=1'))).toMatchObject({ status: 400 })
  expect(await errorOf(await server.call('/api/nothing'))).toMatchObject({ status: 404, code: 'not-found' })
})

test('a Fault keeps its code and details; a defect becomes 500 and its words stay in the log', async () => {
  expect(await errorOf(await server.call('/api/install', post({ machine_id: 'held', kdl: '' })))).toMatchObject({
    status: 409,
    code: 'machine-claimed',
    details: { holder: 'ann' },
  })
  const defect = await errorOf(await server.call('/api/install', post({ machine_id: 'defect', kdl: '' })))
  expect(defect).toMatchObject({ status: 500, code: 'internal' })
  expect(JSON.stringify(defect)).not.toContain('hunter2')
  expect(lines.some((line) => line.includes(defect.request_id))).toBe(true)
})

test('an empty body with a JSON content type is no body, and 204 has none', async () => {
  const response = await server.call('/api/machines/m/claim', {
    method: 'DELETE',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  expect([response.status, await response.text()]).toEqual([204, ''])
  expect((await server.call('/api/discovery', post(''))).status).toBe(404) // the handler's word, not the body's
})

test('the same Idempotency-Key gets the first answer and runs once; another request under it is a conflict', async () => {
  const before = installs
  const first = await server.call('/api/install', post({ machine_id: 'm', kdl: '' }, { 'idempotency-key': 'k1' }))
  const answer = await first.json()
  const again = await server.call('/api/install', post({ kdl: '', machine_id: 'm' }, { 'idempotency-key': 'k1' }))
  expect([first.status, again.status, await again.json(), installs - before]).toEqual([202, 202, answer, 1])
  const other = await errorOf(
    await server.call('/api/install', post({ machine_id: 'n', kdl: '' }, { 'idempotency-key': 'k1' })),
  )
  expect(other).toMatchObject({ status: 409, code: 'conflict' })
  const together = await Promise.all(
    [1, 2, 3].map(() => server.call('/api/install', post({ machine_id: 'm', kdl: '' }, { 'idempotency-key': 'k2' }))),
  )
  expect(installs - before).toBe(2)
  expect(together.map(({ status }) => status).every((status) => status === 202 || status === 409)).toBe(true)
  await server.call('/api/install', post({ machine_id: 'held', kdl: '' }, { 'idempotency-key': 'k3' }))
  await server.call('/api/install', post({ machine_id: 'held', kdl: '' }, { 'idempotency-key': 'k3' }))
  expect(installs - before).toBe(4) // a refusal left nothing behind: it is asked anew
})

test('lines are streamed, errors before the first line keep their status, and a client that leaves stops the handler', async () => {
  const response = await server.call('/api/install/i/logs')
  expect(response.headers.get('content-type')).toContain('application/x-ndjson')
  expect((await response.text()).trim().split('\n')).toHaveLength(3)
  expect((await server.call('/api/install/none/logs')).status).toBe(404)
  const leaving = new AbortController()
  const endless = await server.call('/api/install/endless/logs?follow=true', { signal: leaving.signal })
  await endless.body?.getReader().read()
  const count = aborted
  leaving.abort()
  await expect.poll(() => aborted).toBeGreaterThan(count)
})

test('documents need no token: OpenAPI 3.1 with every route and its permission, the readable page, the CA', async () => {
  const document: unknown = await (await fetch(`${server.url}/api/openapi.json`)).json()
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: { '/api/install/{id}/progress': { get: { operationId: 'getProgress', 'x-permission': 'read' } } },
  })
  const operations = Object.values((document as { paths: Record<string, object> }).paths).flatMap((path) =>
    Object.keys(path),
  )
  expect(operations).toHaveLength(routeNames().length + Object.keys(distributionPaths).length)
  const page = await (await fetch(`${server.url}/api/docs`)).text()
  for (const name of routeNames()) expect(page).toContain(`id="${name}"`)
  expect(page).not.toMatch(/<script|https?:\/\//)
  expect(await (await fetch(`${server.url}/ca.crt`)).text()).toContain('BEGIN CERTIFICATE')
  expect((await fetch(`${server.url}/`)).status).toBe(200)
})

test('metrics carry the five published figures, from this machine without a token', async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const names = [
    'discovery_success_rate',
    'claim_success_rate',
    'installation_success_rate',
    'installation_duration_seconds_bucket',
    'errors_total',
    'http_request_duration_seconds',
    'event_lag_seconds',
    'pull_bytes_total',
  ]
  for (const name of names) expect(text).toContain(`slipway_${name}`)
  const proxied = await fetch(`${server.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } })
  expect(proxied.status).toBe(401)
})

test('settings tell each value’s source and mask the database’s password', async () => {
  const body = (await (await server.call('/api/settings')).json()) as {
    settings: { key: string; value: unknown; source: string }[]
  }
  expect(body.settings.find(({ key }) => key === 'server.port')).toMatchObject({ source: 'flag --port' })
  expect(body.settings.find(({ key }) => key === 'machined.claim_timeout')).toMatchObject({
    value: 300_000,
    source: 'default',
  })
})

test('health and ready answer without a token', async () => {
  expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: 'ok' })
  expect(await (await fetch(`${server.url}/ready`)).json()).toMatchObject({
    status: 'ready',
    checks: [{ name: 'database', ok: true }],
  })
})

test('a set-up link opens one browser session, which serves this server’s own pages alone', async () => {
  const opened = await fetch(server.setupUrl, { redirect: 'manual' })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/'])
  const set = opened.headers.get('set-cookie') ?? ''
  expect(set).toMatch(/HttpOnly/)
  expect(set).toMatch(/SameSite=Strict/)
  expect((await fetch(server.setupUrl, { redirect: 'manual' })).status).toBe(404)
  const cookie = set.split(';')[0] ?? ''
  const withCookie = (headers: Record<string, string>) =>
    fetch(`${server.url}/api/install`, post({ machine_id: 'm', kdl: '' }, { cookie, ...headers }))
  expect((await withCookie({ origin: server.url })).status).toBe(202)
  expect((await withCookie({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await withCookie({})).status).toBe(403)
  const events = await fetch(`${server.url}/api/events`, { headers: { cookie, origin: 'https://evil.example' } })
  expect(events.status).toBe(403)
})

test('no token, secret or cookie is in the log', () => {
  const all = lines.join('\n')
  expect(all).not.toContain(server.token)
  expect(all).not.toContain(server.setupUrl.split('/').at(-1))
  expect(all).not.toContain('session_')
})

test('what is not HTTP gets the same error body and the end of its connection', async () => {
  const socket = connect(server.apiPort, '127.0.0.1')
  socket.write('{"claim_id":"x"}\r\n\r\n')
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 400 /)
  expect(errorBodySchema.parse(JSON.parse(body)).error.code).toBe('invalid-request')
})
