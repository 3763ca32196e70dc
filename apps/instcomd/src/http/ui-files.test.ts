import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { makeEmptyDomain } from '../testing/empty-domain.ts'
import { startTestInstcomd } from '../testing/start-test-instcomd.ts'
import { makeTestDatabase } from '../testing/test-database.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-ui-'))
mkdirSync(join(folder, 'assets'))
writeFileSync(join(folder, 'index.html'), '<title>the app</title>')
writeFileSync(join(folder, 'assets/app-1.js'), 'let a = 1')
writeFileSync(join(folder, 'assets/app-1.js.gz'), gzipSync('let a = 1'))
const database = await makeTestDatabase()
const server = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain(), uiFolder: folder })
const bare = await startTestInstcomd({ databaseUrl: database.url, makeDomain: makeEmptyDomain() })
afterAll(async () => {
  await server.stop()
  await bare.stop()
  rmSync(folder, { recursive: true })
})

const page = { headers: { accept: 'text/html,*/*' } }

test.each(['/', '/machines', '/machines/rack.1', '/install/storage?machine=m'])('%s is the app', async (path) => {
  const response = await fetch(`${server.url}${path}`, page)
  expect([response.status, await response.text()]).toEqual([200, '<title>the app</title>'])
  expect(response.headers.get('content-security-policy')).toMatch(/script-src 'self';/)
  expect(response.headers.get('cache-control')).toBe('no-cache')
})

test.each(['/api/nothing', '/infiniservice/nothing', '/assets/gone.js', '/setup/used'])(
  '%s stays an error',
  async (path) => {
    const response = await fetch(`${server.url}${path}`, page)
    expect([response.status, response.headers.get('content-type')]).toEqual([404, expect.stringContaining('json')])
  },
)

test('hashed files are cached for ever, and sent as they were compressed', async () => {
  const response = await fetch(`${server.url}/assets/app-1.js`, { headers: { 'accept-encoding': 'gzip' } })
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(await response.text()).toBe('let a = 1')
})

test('a program that asks for no page gets the documented error', async () => {
  const response = await fetch(`${server.url}/machines`, { headers: { accept: 'application/json' } })
  expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'not-found' } }])
})

test('no address leads out of the folder', async () => {
  for (const path of ['/..%2fadmin.token', '/assets/..%2f..%2fetc%2fpasswd', '/%2e%2e/admin.token'])
    expect(await (await fetch(`${server.url}${path}`)).text()).not.toMatch(/slw_|root:/)
})

test('a server whose app was not built says what to do', async () => {
  expect(await (await fetch(bare.url, page)).text()).toContain('node scripts/build-ui.mjs')
})
